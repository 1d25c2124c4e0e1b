/* The part that meets hostile text, apart from sonde, so that a test can call it. */
#ifndef CELL_H
#define CELL_H
#include <stdio.h>

/* Writes text of a cell: what could end the cell or the line, or be obeyed by a terminal, is shown as \xNN. */
void write_cell(FILE* out, const char* text, size_t size);

#endif
