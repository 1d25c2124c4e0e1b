#include "cell.h"

void write_cell(FILE* out, const char* text, size_t size) {
  size_t i;
  for (i = 0; i < size; ++i) {
    unsigned char c = (unsigned char)text[i];
    if (c >= 0x20 && c != 0x7f && c != '\\')
      putc(c, out);
    else
      fprintf(out, "\\x%02x", c);
  }
}
