/* Input, act, expectation; a failure names its line. */
#define _XOPEN_SOURCE 700
#include "cell.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "columns.h"
#include "output.h"

static int failures = 0;
#define CHECK(condition) \
  if (!(condition)) ++failures, fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition)

static int is(const char* text, const char* expected) {
  char found[100] = "";
  FILE* out = tmpfile();
  if (!out) abort();
  write_cell(out, text, strlen(text));
  rewind(out);
  found[fread(found, 1, sizeof found - 1, out)] = '\0';
  fclose(out);
  return strcmp(found, expected) == 0;
}

static void test_cells(void) {
  CHECK(is("OpenSSH 9.2", "OpenSSH 9.2"));
  CHECK(is("a\tb\nc", "a\\x09b\\x0ac"));
  CHECK(is("\033[2J", "\\x1b[2J"));
  CHECK(is("C:\\", "C:\\x5c"));
  CHECK(is("", ""));
}

/* What choosing this one column gives; its reason is in `why`. */
static sonde_err choose(const char* name, column* chosen, char* why, size_t room) {
  static const sonde_field fields[] = {{"ip", SONDE_IP, SONDE_SCALAR, 0, 0, ""},
                                       {"snmp", SONDE_NULL, SONDE_MAP, 0, 0, ""},
                                       {"tls.subject", SONDE_TEXT, SONDE_SCALAR, 0, 0, ""},
                                       {"tls.sha256", SONDE_TEXT, SONDE_SCALAR, SONDE_F_DETAIL, 0, ""}};
  columns all;
  sonde_str one;
  sonde_err e;
  one.ptr = name;
  one.len = name ? strlen(name) : 0;
  e = choose_columns(&all, &one, name != NULL, fields, 4, sizeof *fields, why, room);
  if (e == SONDE_OK) *chosen = all.first[all.count - 1];
  free_columns(&all);
  return e;
}

static void test_columns(void) {
  char why[200] = "";
  column c;
  CHECK(choose("tls.sha256", &c, why, sizeof why) == SONDE_OK && c.present && c.index == 3);
  CHECK(choose(NULL, &c, why, sizeof why) == SONDE_OK && c.index == 2); /* all but those for detail */
  CHECK(choose("vendor", &c, why, sizeof why) == SONDE_OK && !c.present);
  CHECK(choose("other.field", &c, why, sizeof why) == SONDE_OK && !c.present);
  CHECK(choose("tls.subjekt", &c, why, sizeof why) == SONDE_E_CONFIG);
  CHECK(
      strcmp(why,
             "columns: no field is called 'tls.subjekt'. The fields of this run: ip, snmp, tls.subject, tls.sha256") ==
      0);
  CHECK(choose("tls", &c, why, sizeof why) == SONDE_E_CONFIG);
  CHECK(choose("snmp.sysName", &c, why, 10) == SONDE_E_CONFIG);
}

static int holds(const char* path, const char* expected) {
  char found[100] = "";
  FILE* in = fopen(path, "r");
  if (!in) return 0;
  found[fread(found, 1, sizeof found - 1, in)] = '\0';
  fclose(in);
  return strcmp(found, expected) == 0;
}

static void test_output(void) {
  char folder[] = "/tmp/my-exporter-XXXXXX", planted[64];
  output out;
  if (!mkdtemp(folder) || chdir(folder) != 0) abort();
  CHECK(output_open(&out, "nowhere/hosts.tsv") == -1 && out.file == NULL);
  CHECK(output_open(&out, "hosts.tsv") == 0);
  fputs("one", out.file);
  CHECK(access("hosts.tsv", F_OK) != 0); /* not before it is whole */
  CHECK(output_publish(&out) == 0 && holds("hosts.tsv", "one"));

  /* A link that somebody put where the new file is to be made is not followed. */
  snprintf(planted, sizeof planted, ".hosts.tsv.%ld-0.tmp", (long)getpid());
  CHECK(symlink("victim", planted) == 0);
  CHECK(output_open(&out, "hosts.tsv") == 0);
  fputs("two", out.file);
  output_discard(&out);
  CHECK(access("victim", F_OK) != 0 && holds("hosts.tsv", "one"));
  CHECK(unlink(planted) == 0 && unlink("hosts.tsv") == 0);
  CHECK(chdir("/") == 0 && rmdir(folder) == 0); /* nothing else was left */
}

int main(void) {
  test_cells();
  test_columns();
  test_output();
  return failures == 0 ? 0 : 1;
}
