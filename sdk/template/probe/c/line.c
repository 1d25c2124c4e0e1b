#include "line.h"

size_t first_line(const char* arrived, size_t size, size_t longest) {
  size_t i;
  for (i = 0; i < size; ++i)
    if (i == longest || arrived[i] == '\r' || arrived[i] == '\n') return i;
  return size >= longest ? longest : (size_t)-1;
}
