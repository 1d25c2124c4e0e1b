/* The layout of every struct of ABI 0.0 on machines with 64 bit pointers, frozen: a line of this file is never edited.
 * What a minor version appends gets lines of its own. Compiled as C99 here, as C++20 in layout.cpp. */
#include <sonde/exporter.h>
#include <sonde/plugin.h>
#include <sonde/probe.h>
#include <sonde/source.h>

#if UINTPTR_MAX == 0xffffffffffffffffu
#ifdef __cplusplus
#define CHECK(name, condition) static_assert(condition, #name)
#else
#define CHECK(name, condition) typedef char check_##name[(condition) ? 1 : -1]
#endif
#define FROZEN(type, bytes) CHECK(size_of_##type, sizeof(type) == (bytes))
#if SONDE_ABI_MINOR == 0
#define SIZE(type, bytes) FROZEN(type, bytes)
#else /* what begins with its size may have grown */
#define SIZE(type, bytes) CHECK(size_of_##type, sizeof(type) >= (bytes))
#endif
#define AT(type, member, offset) CHECK(type##_##member, offsetof(type, member) == (offset))

/* plugin.h */
FROZEN(sonde_str, 16);
AT(sonde_str, ptr, 0);
AT(sonde_str, len, 8);

FROZEN(sonde_value, 24);
AT(sonde_value, type, 0);
AT(sonde_value, flags, 4);
AT(sonde_value, as, 8);

SIZE(sonde_field, 32);
AT(sonde_field, name, 0);
AT(sonde_field, type, 8);
AT(sonde_field, shape, 12);
AT(sonde_field, flags, 16);
AT(sonde_field, reserved, 20);
AT(sonde_field, help, 24);

SIZE(sonde_descriptor, 120);
AT(sonde_descriptor, size, 0);
AT(sonde_descriptor, kind, 4);
AT(sonde_descriptor, abi_minor, 8);
AT(sonde_descriptor, min_host_minor, 12);
AT(sonde_descriptor, id, 16);
AT(sonde_descriptor, version, 24);
AT(sonde_descriptor, summary, 32);
AT(sonde_descriptor, license, 40);
AT(sonde_descriptor, url, 48);
AT(sonde_descriptor, options_schema, 56);
AT(sonde_descriptor, inputs, 64);
AT(sonde_descriptor, outputs, 72);
AT(sonde_descriptor, input_count, 80);
AT(sonde_descriptor, output_count, 84);
AT(sonde_descriptor, field_size, 88);
AT(sonde_descriptor, needs, 92);
AT(sonde_descriptor, flags, 96);
AT(sonde_descriptor, max_batch, 100);
AT(sonde_descriptor, max_in_flight, 104);
AT(sonde_descriptor, max_instances, 108);
AT(sonde_descriptor, timeout_ms, 112);
AT(sonde_descriptor, reserved, 116);

SIZE(sonde_target, 48);
AT(sonde_target, size, 0);
AT(sonde_target, flags, 4);
AT(sonde_target, ip, 8);
AT(sonde_target, port, 24);
AT(sonde_target, proto, 26);
AT(sonde_target, prefix, 27);
AT(sonde_target, scope_id, 28);
AT(sonde_target, name, 32);

FROZEN(sonde_conn, 16);
AT(sonde_conn, id, 0);
AT(sonde_conn, fd, 8);
AT(sonde_conn, reserved, 12);

SIZE(sonde_place, 40);
AT(sonde_place, size, 0);
AT(sonde_place, index, 4);
AT(sonde_place, count, 8);
AT(sonde_place, reserved, 12);
AT(sonde_place, seed, 16);
AT(sonde_place, stage, 24);

SIZE(sonde_host, 264);
AT(sonde_host, size, 0);
AT(sonde_host, abi_minor, 4);
AT(sonde_host, name, 8);
AT(sonde_host, version, 16);
AT(sonde_host, get_extension, 24);
AT(sonde_host, log_enabled, 32);
AT(sonde_host, log, 40);
AT(sonde_host, fail, 48);
AT(sonde_host, now, 56);
AT(sonde_host, place, 64);
AT(sonde_host, option, 72);
AT(sonde_host, option_count, 80);
AT(sonde_host, option_key, 88);
AT(sonde_host, target, 96);
AT(sonde_host, deadline, 104);
AT(sonde_host, cancelled, 112);
AT(sonde_host, attach, 120);
AT(sonde_host, count, 128);
AT(sonde_host, get, 136);
AT(sonde_host, put, 144);
AT(sonde_host, done, 152);
AT(sonde_host, dial, 160);
AT(sonde_host, hangup, 168);
AT(sonde_host, connect, 176);
AT(sonde_host, admit, 184);
AT(sonde_host, raw, 192);
AT(sonde_host, pace, 200);
AT(sonde_host, watch, 208);
AT(sonde_host, rewatch, 216);
AT(sonde_host, unwatch, 224);
AT(sonde_host, timer, 232);
AT(sonde_host, untimer, 240);
AT(sonde_host, wake, 248);
AT(sonde_host, document, 256);

SIZE(sonde_plugin, 48);
AT(sonde_plugin, size, 0);
AT(sonde_plugin, reserved, 4);
AT(sonde_plugin, desc, 8);
AT(sonde_plugin, create, 16);
AT(sonde_plugin, destroy, 24);
AT(sonde_plugin, api, 32);
AT(sonde_plugin, get_extension, 40);

/* probe.h */
SIZE(sonde_probe, 48);
AT(sonde_probe, size, 0);
AT(sonde_probe, reserved, 4);
AT(sonde_probe, start, 8);
AT(sonde_probe, on_io, 16);
AT(sonde_probe, on_timer, 24);
AT(sonde_probe, cancel, 32);
AT(sonde_probe, run, 40);

/* exporter.h */
SIZE(sonde_exporter, 40);
AT(sonde_exporter, size, 0);
AT(sonde_exporter, reserved, 4);
AT(sonde_exporter, open, 8);
AT(sonde_exporter, write, 16);
AT(sonde_exporter, flush, 24);
AT(sonde_exporter, close, 32);

/* source.h */
SIZE(sonde_source, 16);
AT(sonde_source, size, 0);
AT(sonde_source, reserved, 4);
AT(sonde_source, pull, 8);

/* Values that travel. */
#define VALUE(name, number) CHECK(value_of_##name, name == (number))
VALUE(SONDE_OK, 0);
VALUE(SONDE_E_INVALID, -1);
VALUE(SONDE_E_NOMEM, -2);
VALUE(SONDE_E_UNSUPPORTED, -3);
VALUE(SONDE_E_CONFIG, -4);
VALUE(SONDE_E_STALE, -5);
VALUE(SONDE_E_TYPE, -6);
VALUE(SONDE_E_DENIED, -7);
VALUE(SONDE_E_AGAIN, -8);
VALUE(SONDE_E_IO, -9);
VALUE(SONDE_E_THREAD, -10);
VALUE(SONDE_E_FATAL, -11);
VALUE(SONDE_E_ABSENT, -12);
VALUE(SONDE_POSITIVE, 1);
VALUE(SONDE_NEGATIVE, 2);
VALUE(SONDE_NO_ANSWER, 3);
VALUE(SONDE_ERROR, 4);
VALUE(SONDE_CANCELLED, 5);
VALUE(SONDE_POSTPONED, 6);
VALUE(SONDE_KIND_PROBE, 1);
VALUE(SONDE_KIND_EXPORTER, 2);
VALUE(SONDE_KIND_SOURCE, 3);
VALUE(SONDE_LOG_ERROR, 1);
VALUE(SONDE_LOG_WARN, 2);
VALUE(SONDE_LOG_INFO, 3);
VALUE(SONDE_LOG_DEBUG, 4);
VALUE(SONDE_LOG_TRACE, 5);
VALUE(SONDE_NULL, 0);
VALUE(SONDE_BOOL, 1);
VALUE(SONDE_I64, 2);
VALUE(SONDE_U64, 3);
VALUE(SONDE_F64, 4);
VALUE(SONDE_TEXT, 5);
VALUE(SONDE_BYTES, 6);
VALUE(SONDE_IP, 7);
VALUE(SONDE_TIME, 8);
VALUE(SONDE_JSON, 9);
VALUE(SONDE_SCALAR, 0);
VALUE(SONDE_LIST, 1);
VALUE(SONDE_MAP, 2);
VALUE(SONDE_F_REQUIRED, 1);
VALUE(SONDE_F_DETAIL, 2);
VALUE(SONDE_NEED_CONNECT, 1);
VALUE(SONDE_NEED_RAW, 2);
VALUE(SONDE_NEED_FILES, 4);
VALUE(SONDE_NEED_EXEC, 8);
VALUE(SONDE_NEED_THREADS, 16);
VALUE(SONDE_NEED_SOCKETS, 32);
VALUE(SONDE_IO_READ, 1);
VALUE(SONDE_IO_WRITE, 2);
VALUE(SONDE_IO_ERROR, 4);
VALUE(SONDE_P_BLOCKING, 1);
VALUE(SONDE_STOPPED, 1);
VALUE(SONDE_EXPIRED, 2);
VALUE(SONDE_X_STREAMING, 1);

#endif

/* A translation unit must hold something. */
extern const int sonde_abi_layout_checked;
const int sonde_abi_layout_checked = 1;
