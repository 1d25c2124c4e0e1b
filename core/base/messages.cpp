// The catalogue itself. Rows are sorted by id (checked at compile time); docs/messages.md is generated from it.
#include "base/messages.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace sonde::core {
namespace {

constexpr Message table[] = {
    {"bad-address", Exit::config, "A text that should be an IP address is none.",
     "Write four decimal numbers (192.168.1.10) or an IPv6 address (fe80::1%eth0 with its zone when link-local)."},
    {"bad-argument", Exit::usage, "An argument of the command line is unknown or has a wrong value.",
     "Run the command with --help; it lists the arguments and ends with examples."},
    {"bad-bytes", Exit::config, "A text that should be a size in bytes is none.", "Write 512, 4KiB, 1MiB or 5MB."},
    {"bad-cidr", Exit::config, "A text that should be a network in CIDR notation is none.",
     "Write the network address and its prefix length, such as 192.168.1.0/24."},
    {"bad-duration", Exit::config, "A text that should be a duration is none.",
     "Write a number with its unit: 800ms, 2s, 5m, 1h, 90d."},
    {"bad-interpolation", Exit::config, "A ${...} of the file is written wrongly, or brings in what is not text.",
     "Write ${VAR}, ${VAR:-default}, ${VAR:?why} or ${file:PATH}; $$ is a dollar sign."},
    {"bad-port", Exit::config, "A text that should be a port or a list of ports is none.",
     "Write ports from 1 to 65535 with commas and ranges, such as 22,80,8000-8010."},
    {"bad-range", Exit::config, "An address range is written wrongly, or it ends before it starts.",
     "Write the first and the last address, such as 10.0.0.5-10.0.0.9, or 10.0.0.5-9."},
    {"bad-seed", Exit::usage, "The seed is not a number.",
     "Give --seed a whole number from 0 to 18446744073709551615."},
    {"bad-shard", Exit::usage, "The part of the plan is not given as i/n.",
     "Write --shard i/n with 1 <= i <= n, such as 2/4."},
    {"bad-target", Exit::config, "A target is neither an address, a network, a range, a host name nor an @file.",
     "Correct the target; `sonde run --help` shows the forms."},
    {"bad-value", Exit::config, "A value is outside what its option allows.",
     "Use a value in the bounds that the message names."},
    {"bad-version", Exit::config, "The pipeline file is of a version that this sonde does not read.",
     "Write `version: 1`."},
    {"config-too-large", Exit::config, "A file is larger, or nested deeper, than sonde reads.",
     "Split the file; move long target lists into an @file."},
    {"duplicate-key", Exit::config, "A key is written twice in one mapping.", "Keep one of the two."},
    {"duplicate-output", Exit::config, "Two outputs write to one path.", "Give each output a path of its own."},
    {"duplicate-plugin", Exit::config, "Two libraries bring a plugin of the same id and kind.",
     "Remove one of the two files from the plugin directories."},
    {"duplicate-stage", Exit::config, "Two stages have one name.", "Give one of them another `name:`."},
    {"env-file", Exit::config, "A line of the .env file is not of the form NAME=value.",
     "Correct the line, or run with --no-env-file."},
    {"excluded-all", Exit::config, "The exclusions leave no target.", "Check `exclude:` against `targets:`."},
    {"field-conflict", Exit::config, "Two plugins declare one field with different types.",
     "Use only one of the two plugins, or ask its author for a field name with the plugin's id in front."},
    {"field-missing", Exit::config, "A stage needs a field that no earlier stage writes.",
     "Put a stage that writes the field before it."},
    {"field-name", Exit::config, "A plugin declares a field under a name that it may not use.",
     "Name an own field with the plugin's id in front, such as tls.subject by the plugin tls."},
    {"file-unreadable", Exit::config, "A file cannot be read.", "Check the path and its permissions."},
    {"inventory-invalid", Exit::usage, "A file that should be an inventory is none.",
     "Name a file that the json exporter or the history wrote: an array of records, or one record a line."},
    {"journal-in-use", Exit::usage, "Another run is writing this journal.",
     "Wait until that run has ended, or stop it; then resume."},
    {"journal-mismatch", Exit::config, "The journal belongs to another plan.",
     "Resume with the pipeline file, targets and options of that run, or start a new run."},
    {"journal-unreadable", Exit::config, "The journal cannot be read or has no valid header.",
     "Name another journal, or start a new run."},
    {"json-syntax", Exit::config, "A text is not valid JSON.", "Correct it at the place that the message names."},
    {"missing-key", Exit::config, "A key that must be there is not.", "Add the key."},
    {"needs-raw-socket", Exit::permission, "A stage needs raw sockets, and this process may not open them.",
     "Run as root, grant CAP_NET_RAW (docs/operations.md), or mark the stage `optional: true`."},
    {"no-stages", Exit::config, "The pipeline has no enabled stage.", "Add a stage, or enable one."},
    {"no-targets", Exit::config, "There is nothing to scan.", "Name targets in the file or with --target."},
    {"no-unfinished-run", Exit::config, "The directory holds no unfinished run.",
     "Name a journal, or start a new run."},
    {"output-unwritable", Exit::output, "A result cannot be written.",
     "Check that the directory can be made, is writable, and that the disk is not full."},
    {"plan-hosts-all", Exit::config, "An output wants a record for each of more than 2^20 targets.",
     "Use `hosts: responding` or `hosts: known`."},
    {"plan-stdout-twice", Exit::config, "Two outputs write to the standard output.",
     "Leave `path: \"-\"` to one of them."},
    {"plan-too-many-stages", Exit::config, "The pipeline has more than 255 stages.",
     "Split the pipeline into several files."},
    {"plan-when-early", Exit::ok, "A stage asks for `alive` before a stage that can still turn it true.",
     "Move the stage with the `when:` behind the one that the message names."},
    {"plugin-abi", Exit::config, "A plugin library was built for another version of the plugin interface.",
     "Rebuild the plugin against this sonde's SDK, or install the sonde that it names."},
    {"plugin-broken", Exit::config, "A plugin library describes itself wrongly or fails to start.",
     "Install a repaired version of the plugin; its author needs the text of this message."},
    {"plugin-missing", Exit::config, "No plugin of that id and kind was found.",
     "Run `sonde list`; install the plugin, or name its directory with --plugin-path."},
    {"plugin-not-elf", Exit::config, "A plugin file is not a shared library of this machine.",
     "Replace the file by the plugin built for this system, or remove it."},
    {"plugin-permissions", Exit::config, "A plugin file, or a directory above it, could be changed by somebody else.",
     "Make root the owner and remove the write permission of group and others."},
    {"plugin-schema", Exit::config, "A plugin describes its options in words that sonde does not know.",
     "Install a repaired version of the plugin; docs/plugins.md lists the words."},
    {"plugin-symbol", Exit::config, "A shared library has no plugin entry.",
     "Remove it from the plugin directory: it is no sonde plugin."},
    {"plugin-truncated", Exit::config, "A plugin file ends too early.",
     "Install the plugin again; the file was copied incompletely."},
    {"public-target", Exit::config, "A target is a public address, and the pipeline does not permit those.",
     "Write `allow_public: true` if you are authorised to scan it."},
    {"resolver-failed", Exit::config, "A host name could not be resolved for a reason of this machine or its resolver.",
     "Check /etc/resolv.conf and the resolver with `sonde doctor`."},
    {"run-document-invalid", Exit::usage, "A file that should be the document of a run is none.",
     "Name the run.json that a run wrote beside its results; remove it if it was damaged."},
    {"run-timeout", Exit::trouble, "The run was cut by run_timeout.",
     "Go on with --resume, or raise limits.run_timeout."},
    {"scope-forbidden", Exit::config,
     "A target is an address that is never scanned (0/8, multicast, 240/4, broadcast, ::).",
     "Remove it from the targets."},
    {"secret-on-command-line", Exit::usage,
     "A secret was given with --set, where every user of this machine can read it.",
     "Put it into the environment or a file: ${VAR} or ${file:PATH}."},
    {"source-failed", Exit::config, "A source of targets failed.", "Check the source's options and the file it reads."},
    {"stage-failed", Exit::trouble, "A stage was given up during the run.",
     "Read the reason in run.json; the other stages went on."},
    {"stage-unavailable", Exit::permission, "A stage cannot run on this machine.",
     "Follow the remedy in the message, or mark the stage `optional: true`."},
    {"too-many-targets", Exit::config, "There are more targets than limits.max_targets.",
     "Scan fewer, or raise limits.max_targets."},
    {"unknown-field", Exit::config, "An expression or a column names a field that nobody writes.",
     "Use a field that `sonde describe` shows for one of the stages."},
    {"unknown-host", Exit::config, "A host name does not exist.", "Correct the name, or add it to DNS or /etc/hosts."},
    {"unknown-key", Exit::config, "The pipeline file has a key that does not exist.", "Correct or remove it."},
    {"unknown-option", Exit::config, "A stage or output was given an option that its plugin does not have.",
     "Run `sonde describe PLUGIN`; it lists the options."},
    {"unknown-stage", Exit::usage, "--set names a stage that the pipeline does not have.",
     "Use the name of a stage or output of the file, or `limits`."},
    {"unset-variable", Exit::config, "A ${VAR} of the file has no value and no default.",
     "Set the variable, or write ${VAR:-default}."},
    {"when-syntax", Exit::config, "A `when:` expression is written wrongly.",
     "docs/pipelines.md shows the grammar with examples."},
    {"wrong-type", Exit::config, "A value is of another type than its key or option takes.",
     "Write a value of the type that the message names."},
    {"yaml-syntax", Exit::config, "The file is not valid YAML.",
     "Correct it at the place that the message names; indent with blanks."},
};

static_assert(std::is_sorted(std::begin(table), std::end(table),
                             [](const Message& a, const Message& b) { return a.id < b.id; }),
              "rows are sorted by id");

}  // namespace

std::span<const Message> all_messages() {
  return table;
}

const Message& message(std::string_view id) {
  const auto* found = std::lower_bound(std::begin(table), std::end(table), id,
                                       [](const Message& m, std::string_view wanted) { return m.id < wanted; });
  if (found == std::end(table) || found->id != id) {
    std::fprintf(stderr, "sonde: message id '%.*s' is not in the catalogue\n", static_cast<int>(id.size()), id.data());
    std::abort();
  }
  return *found;
}

}  // namespace sonde::core
