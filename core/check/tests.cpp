// The table. docs/plugins.md has the same one, compared by a test.
#include "check/tests.hpp"

namespace sonde::core::check {
namespace {

constexpr Test table[] = {
    {"load-now", library, "", "the library loads with all symbols bound at once, and has the entry",
     "link what it needs (-Wl,-z,defs finds what is missing); install the libraries that it names", "", load_now},
    {"one-symbol", library, "", "it exports its entry and nothing else",
     "build with sonde_add_plugin(), or with the version script of the SDK and -fno-gnu-unique", "", one_symbol},
    {"own-symbols", library, "load-now", "what it uses comes from itself or from libraries that it names",
     "link those libraries: inside sonde a symbol may be found by accident, and be another version", "", own_symbols},
    {"entry-pure", library, "load-now", "loading it and asking its entry has no effects, and the entry is constant",
     "move work out of static constructors and the entry into create()", "", entry_pure},
    {"load-time", library, "load-now", "loading it takes no noticeable time (warning)",
     "move tables out of static constructors; build them when they are first used", "", load_time},

    {"descriptor-valid", every_kind, "load-now", "sizes, id, version, texts and numbers of the descriptor",
     "correct what the message names; sonde/plugin.h says what stands where", "they stand in sonde::About",
     descriptor_valid},
    {"fields-valid", every_kind, "descriptor-valid", "fields have good names and known types, and fit well-known ones",
     "own fields have the plugin's id in front; a well-known one has the type and shape of `sonde schema record`", "",
     fields_valid},
    {"schema-valid", every_kind, "descriptor-valid", "options_schema is in the words that sonde knows, defaults fit",
     "correct the schema; docs/plugins.md, Options, lists the words",
     "sonde::options() writes it; what it cannot say stands in a schema of your own", schema_valid},
    {"schema-help", every_kind, "schema-valid", "each option and each own field says what it is (warning)",
     "write a description of one line for each", "the help of sonde::option() and of each field", schema_help},
    {"tables-complete", every_kind, "schema-valid", "the functions of its kind and style are there, and no others",
     "fill the table of its kind; asynchronous probes have no run(), blocking ones nothing else",
     "SONDE_PROBE, SONDE_EXPORTER or SONDE_SOURCE fills it from the class's methods", tables_complete},

    {"task-time", probes, "schema-valid", "a schema that states a wait has a timeout beside it (warning)",
     "set timeout_ms, what a task may take beside the wait: 0 means ten seconds", ".timeout_ms in About", task_time},

    {"create", every_kind, "fields-valid tables-complete", "an instance is made with the defaults",
     "let create() succeed with what the schema fills in, or say by fail() what is missing",
     "the constructor; it throws sonde::Failure", create},
    {"create-destroy", every_kind, "create", "a hundred instances leave no memory, descriptors or threads",
     "release in destroy() all that create() made; valgrind or -fsanitize=address shows where it came from",
     "members with destructors; no release(), no static caches", create_destroy},
    {"create-refused", every_kind, "create-destroy",
     "when the machine refuses a call of create(), it fails with a reason and leaves nothing",
     "check the result of raw(), watch(), dial() and admit(); release what was made before returning an error",
     "Context::watch() and timer() throw; test what raw(), dial() and admit() return, and throw sonde::Failure",
     create_refused},
    {"option-values", every_kind, "create", "any value that the schema allows is taken, or refused with a reason",
     "check values in create() and say by fail() what is wrong; narrow the schema where you can",
     "throw sonde::Failure(SONDE_E_CONFIG, why) in the constructor", option_values},

    {"answers", probes, "create", "tasks with a peer that talks come to an end, and not as errors",
     "settle each task with done(); what a peer says is never a fault of this machine",
     "co_return or return an outcome on every path; throw only for faults of this machine", answers},
    {"export", exporter, "create", "records are written and published",
     "let open(), write(), flush() and close(1) return SONDE_OK, or say by fail() what is wrong",
     "throw sonde::Failure with the reason", export_records},
    {"pull", source, "create", "targets are given until there are no more, and each is possible",
     "return how many were written, and 0 at the end", "the number from pull()", source_pull},
    {"done-once", probes, "answers", "each task gets exactly one done()",
     "forget a task when you call done(); settle all of them before run() returns",
     "run() returns or co_returns its outcome and never calls task.done() as well", done_once},
    {"stale-task", every_kind, "answers export pull", "no calls about tasks that are over",
     "ask and put before done(); let go of what belongs to a task when it ends",
     "keep no sonde::Task and no view behind run(), nor in other threads", stale_task},
    {"partial-start", async_probe | source, "answers export pull",
     "what start() or pull() does not return is left alone",
     "return how many of the first you took, and keep no id of the others",
     "start() returns how many of the span it took; a coroutine run() cannot do it wrong", partial_start},
    {"thread-tags", every_kind, "answers export pull",
     "calls come from where their tags allow, and threads are declared",
     "call from the instance's callbacks; declare SONDE_NEED_THREADS, and wake() from threads of your own",
     ".needs in About, Context::wake()", thread_tags},
    {"record-types", every_kind, "answers export pull", "fields are put and read as the descriptor declares them",
     "use the index, type and shape of the descriptor; put required fields before done(SONDE_POSITIVE)",
     "Task::put() with the field's object, never make<T>() of another type", record_types},
    {"host-calls", every_kind, "answers export pull", "no other call is refused as impossible",
     "look up in sonde/plugin.h what the call takes, and in which kind of plugin it exists",
     "the same; most calls throw sonde::Failure when they are refused", host_calls},
    {"own-sockets", every_kind, "answers export pull", "it opens network sockets only if it says so",
     "use dial() or connect(); a library that opens its own: SONDE_NEED_SOCKETS and admit()",
     "co_await task.open(port), or task.connect(port) in a blocking run()", own_sockets},
    {"paced", probes, "answers", "each packet of its own has a token of the run's rate",
     "dial(), connect() and a target's admit() hold one packet; ask pace(1, again) before each datagram or raw packet "
     "behind it",
     "Context::pace()", paced},
    {"no-block", async_probe, "answers", "callbacks of the event loop do not wait and do not reckon for long",
     "use timers and events instead of waiting; or declare SONDE_P_BLOCKING and write run()",
     "co_await task.sleep() and connection.read(); or a run() that returns sonde_outcome, on a worker thread",
     no_block},
    {"process-manners", every_kind, "answers export pull",
     "signals, locale, directory, umask, environment and output stay as they are",
     "say things by log(); a library must not change what belongs to the process", "Context::log()", process_manners},
    {"unknown-future", probes, "answers", "a longer host table, unknown event bits and reasons change nothing",
     "test single bits of events; treat reasons that you do not know as SONDE_STOPPED",
     "a coroutine run() has it done for it", unknown_future},

    {"reported-loss", async_probe, "answers",
     "with sonde.loss/1: while packets are lost, who is silent is asked again, not for ever, and told as in doubt",
     "tell arrived() of what was answered and times of now(); ask silence() when a wait is over; bound the extra "
     "tries, "
     "and call left_in_doubt() for a target that ends without enough of them",
     "", reported_loss},

    {"alive", probes, "answers", "a target that answered is put down as alive, and a silent one is not",
     "put alive=true on any sign of life, a refused port too; never for silence",
     "if (connection.answered()) task.put(alive, true)", alive},
    {"batch-invariant", probes, "answers", "the same rows, however many tasks are offered at once",
     "keep the state of a task with the task, not with the call", "locals of run()", batch_invariant},
    {"many-instances", probes, "answers", "instances beside one another do not disturb each other",
     "keep state in the instance, not in static variables", "members of the class", many_instances},
    {"determinism", probes, "answers", "the same seed gives the same rows (warning)",
     "take order and ids from place().seed (validation keys come from getrandom(), and show in no row)",
     "Context::place().seed", determinism},
    {"deadline", blocking_probe, "answers", "run() comes back when the time of its task is up",
     "poll cancelled(); let no read or wait go on longer than deadline()",
     "task.connect() sets it on its stream; poll task.cancelled() in loops", deadline},
    {"cancel-anywhere", probes, "answers", "tasks can be cancelled at any moment, and are forgotten then",
     "in cancel(), forget the task and its timers, then done(); in run(), poll cancelled()",
     "a coroutine is destroyed at its co_await: leave all to destructors", cancel_anywhere},
    {"cancel-storm", async_probe, "answers create-destroy", "hundreds of tasks cancelled at once leave nothing",
     "release in cancel() what start() made for the task", "locals of run(), with destructors", cancel_storm},
    {"task-memory", probes, "answers create-destroy", "a thousand tasks leave nothing on the heap",
     "release what belongs to a task when it ends, whatever its outcome", "locals of run(), with destructors",
     task_memory},
    {"dial-again", probes, "answers", "a dial that is answered with AGAIN waits for its turn",
     "keep the task and dial again in on_timer(0, user); in run(), done(SONDE_POSTPONED)",
     "task.open() and task.connect() do it, unless what they throw is caught", dial_again},
    {"denied", probes, "answers", "DENIED is final, and says nothing about the target",
     "done(SONDE_ERROR), and do not dial there again", "task.open() and task.connect() throw then: let it pass",
     denied},

    {"peer-silent", probes, "answers", "silence is no answer: neither an error nor a no",
     "done(SONDE_NO_ANSWER) when nothing came", "Connection::outcome(), and SONDE_NO_ANSWER when got.timed_out()",
     peer_silent},
    {"peer-refuse", probes, "answers", "a refused port is an outcome, not an error",
     "SONDE_IO_ERRNO(events), or minus the errno of connect(): ECONNREFUSED is SONDE_NEGATIVE",
     "connection.refused(), or co_return connection.outcome()", peer_refuse},
    {"peer-reset", probes, "answers", "a reset connection is an outcome, not an error",
     "treat ECONNRESET as an answer of the peer",
     "a Transfer with an error ends the talk: co_return SONDE_NEGATIVE or what is known", peer_reset},
    {"peer-close", probes, "answers", "an answer that ends in the middle is an outcome, not an error",
     "handle read() returning 0 at any place", "got.ended() at any place", peer_close},
    {"peer-drip", probes, "answers", "an octet a second holds a task no longer than its deadline",
     "bound the whole conversation, not the single read",
     "the deadline ends every co_await; in a blocking run() test task.cancelled() between reads", peer_drip},
    {"peer-flood", probes, "answers", "a peer that never stops talking neither fills the memory nor makes an error",
     "stop reading after a fixed number of octets", "", peer_flood},
    {"peer-garbage", probes, "answers", "random octets crash nothing and are no error",
     "check every length before it is used; fuzz the parser", "", peer_garbage},

    {"export-values", exporter, "export", "any text and number, many records and none are written without an error",
     "escape what the format cannot hold; records without a value are usual", "", export_values},
    {"export-batches", exporter, "export", "the same output, however many records come at once",
     "write what belongs between records by count, not by call", "", export_batches},
    {"export-abort", exporter, "export", "close(0) publishes nothing and leaves nothing behind",
     "write into a temporary file and rename it in close(1); sonde/output_file.hpp does that", "", export_abort},
    {"export-full", exporter, "export", "a full disk is an error, and no half file is published",
     "check every write, and that of close(); sonde/output_file.hpp does that", "", export_full},
    {"export-kill", exporter, "export", "a kill before close() leaves the last publication whole",
     "write into a temporary file and rename it in close(1)", "", export_kill},
    {"pull-batches", source, "pull", "the same targets, however many are asked for at once",
     "go on where the last pull() ended", "", source_batches},

    {"exit-clean", every_kind, "create-destroy answers export pull",
     "behind destroy() no watch, timer, thread or descriptor is left, and the process can end",
     "undo in destroy() what create() and the tasks made", "", exit_clean, true},
};

}  // namespace

std::span<const Test> all_tests() {
  return table;
}

std::string in_both_languages(const Test& t) {
  return std::string(t.remedy) + (t.cpp.empty() ? "" : "; in C++: " + std::string(t.cpp));
}

uint8_t kind_bit(const PluginEntry& p) {
  switch (p.kind) {
    case PluginKind::exporter:
      return exporter;
    case PluginKind::source:
      return source;
    case PluginKind::probe:
      return p.blocking() ? blocking_probe : async_probe;
  }
  return 0;
}

}  // namespace sonde::core::check
