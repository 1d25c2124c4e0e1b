// The shape of a pipeline file, in the schema language itself: what load_pipeline() checks, what editors complete, and
// the table of docs/pipelines.md all come from this text.
#include "config/pipeline_spec.hpp"

namespace sonde::core {

std::string_view pipeline_schema() {
  static constexpr std::string_view text = R"schema({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "the pipeline file",
  "description": "A sonde pipeline: what to scan, by which stages, and what to write.",
  "type": "object",
  "required": ["version"],
  "properties": {
    "version": {"type": "integer", "description": "Version of the file format: 1."},
    "name": {"type": "string", "description": "Name of the pipeline, in the run document and in reports. Default: the file's name."},
    "targets": {
      "description": "What to scan: addresses, networks, ranges a-b, host names, \"@file\"; several in one text are split at commas and blanks. An entry {use, options} asks a source plugin.",
      "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"anyOf": [
          {"type": "string"},
          {"type": "object", "title": "a source", "required": ["use"], "properties": {
            "use": {"type": "string", "description": "Id of the source plugin."},
            "options": {"type": "object", "additionalProperties": true, "description": "Options of the plugin."},
            "outside": {"type": "string", "enum": ["refuse", "skip"], "default": "refuse",
              "description": "What becomes of addresses that may not be scanned, such as public ones: refuse the pipeline, or skip them with a warning. --skip-outside says skip for all sources."}
          }}
        ]}}
      ]
    },
    "exclude": {
      "description": "What is never asked, written as targets are. Exclusions win over everything, also over what a name, an @file or a source brings in.",
      "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    },
    "allow_public": {"type": "boolean", "default": false, "description": "Permit public addresses. Only networks that you are authorised to scan."},
    "allow_print_ports": {"type": "boolean", "default": false, "description": "Permit TCP 515 and 9100-9107, where many printers print every byte they receive."},
    "assume_up": {"type": "boolean", "default": false, "description": "Answer every test of `alive` in a `when` as for a target that is alive: `alive` is true there, `not alive` false."},
    "limits": {
      "type": "object", "title": "limits",
      "description": "Budgets of a run.",
      "properties": {
        "packets_per_second": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 1000000000}, {"enum": ["unlimited"]}], "default": 1000,
          "description": "Packets a second that the scanner starts, over all stages: echo requests, ARP requests, SYNs, UDP queries."},
        "hosts_in_flight": {"type": "integer", "minimum": 1, "maximum": 16777216, "default": 65536,
          "description": "Hosts under way at once: the memory limit. Each stage has a narrower window of its own."},
        "connections_per_host": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, {"enum": ["unlimited"]}], "default": 2,
          "description": "Connections open to one host at once, over all stages."},
        "workers": {"type": "integer", "minimum": 1, "maximum": 1024, "default": 64,
          "description": "Threads for blocking probes."},
        "shards": {"type": "integer", "minimum": 0, "maximum": 256, "default": 0,
          "description": "Event loops, each on a thread of its own; 0 is one a processor core."},
        "max_targets": {"type": "integer", "minimum": 1, "maximum": 4294967296, "default": 16777216,
          "description": "More targets than this are refused before the first packet."},
        "run_timeout": {"x-sonde": "duration", "default": "0",
          "description": "The run ends after this time, its results marked incomplete; 0 is never."},
        "back_off": {"type": "boolean", "default": true,
          "description": "Send more slowly than packets_per_second while packets are being lost, and ask those again whose silence proves nothing then."},
        "trust_arp": {"type": "boolean", "default": true,
          "description": "Later stages skip a target on this link that did not answer ARP."}
      }
    },
    "stages": {
      "type": "array", "description": "What is done with each target, in this order.",
      "items": {
        "type": "object", "title": "a stage", "required": ["use"], "properties": {
          "use": {"type": "string", "description": "Id of the probe plugin; `sonde list` shows them."},
          "name": {"type": "string", "description": "Name of the stage, needed when one plugin is used twice. Default: the plugin's id."},
          "when": {"type": "string", "description": "Run the stage only for targets of which this is true, such as `alive and not ports contains 22`."},
          "enabled": {"type": "boolean", "default": true, "description": "false keeps the stage in the file without running it."},
          "optional": {"type": "boolean", "default": false, "description": "Skip the stage with a warning where this machine does not allow it, instead of refusing to start."},
          "deadline": {"x-sonde": "duration", "minimum": 1000000, "description": "Longest time for one target. Default: the plugin's, and the wait that its options imply."},
          "options": {"type": "object", "additionalProperties": true, "description": "Options of the plugin; `sonde describe PLUGIN` shows them."}
        }
      }
    },
    "output_dir": {"x-sonde": "path", "default": "out", "description": "Directory of outputs, run document and journal; relative to the working directory. --output replaces it."},
    "outputs": {
      "type": "array", "description": "Who writes the results.",
      "items": {
        "type": "object", "title": "an output", "required": ["use"], "properties": {
          "use": {"type": "string", "description": "Id of the exporter plugin; `sonde list` shows them."},
          "name": {"type": "string", "description": "Name of the output. Default: the plugin's id."},
          "enabled": {"type": "boolean", "default": true, "description": "false keeps the output in the file without writing it."},
          "options": {"type": "object", "additionalProperties": true, "description": "Options of the plugin; `sonde describe PLUGIN` shows them."}
        }
      }
    },
    "history": {
      "type": "object", "title": "history", "required": ["dir"],
      "description": "Keep the records of each run, one file a run. Without this key there is no history.",
      "properties": {
        "dir": {"x-sonde": "path", "description": "Directory of the history; relative to output_dir."},
        "keep": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 1000000}, {"x-sonde": "duration", "minimum": 3600000000000}], "default": 90,
          "description": "How much is kept: a number of runs, or an age such as 90d."}
      }
    },
    "journal": {
      "type": "object", "title": "journal",
      "description": "What a run writes down while it happens, so that it can be resumed.",
      "properties": {
        "keep": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 3, "description": "Journals of this many runs are kept."}
      }
    }
  }
})schema";
  return text;
}

}  // namespace sonde::core
