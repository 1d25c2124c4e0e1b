// Descriptor and tables of one plugin: sizes, texts, fields, schema, functions.
#include "plugins/descriptor_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>
#include <set>

#include "base/text.hpp"
#include "plugins/demands.hpp"
#include "plugins/file_checks.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t max_text = 4096;
constexpr std::size_t max_schema = 1u << 20;
constexpr uint32_t max_fields = 1024;
constexpr uint32_t max_field_size = 4096;
constexpr uint32_t known_needs =
    SONDE_NEED_CONNECT | SONDE_NEED_RAW | SONDE_NEED_FILES | SONDE_NEED_EXEC | SONDE_NEED_THREADS | SONDE_NEED_SOCKETS;
const char* const ask_author = "install a repaired version of the plugin; its author needs the text of this message";

/// A copy of our size of a table that may be shorter: what it lacks is NULL. Lives as long as the libraries do.
template <class T>
const T* full_size(const void* table, uint32_t size) {
  static std::mutex mutex;
  static auto& copies = *new std::deque<T>;
  if (size >= sizeof(T)) return static_cast<const T*>(table);
  std::lock_guard lock(mutex);
  T& copy = copies.emplace_back();
  std::memset(&copy, 0, sizeof copy);
  std::memcpy(&copy, table, size);
  return &copy;
}

uint32_t size_of(const void* table) {
  uint32_t size = 0;
  std::memcpy(&size, table, sizeof size);
  return size;
}

class PluginCheck {
 public:
  PluginCheck(const sonde_plugin* plugin, const std::string& library, std::string& id)
      : plugin_(plugin), library_(library), id_(id) {}

  Result<PluginEntry> run(DescriptorPart* wrong) {
    int part = 0;  // in the order of DescriptorPart
    for (auto step : {&PluginCheck::check_sizes, &PluginCheck::copy_identity, &PluginCheck::check_version,
                      &PluginCheck::copy_texts, &PluginCheck::copy_fields, &PluginCheck::copy_numbers,
                      &PluginCheck::copy_schema, &PluginCheck::check_functions}) {
      if (auto ok = (this->*step)(); !ok) {
        if (wrong) *wrong = static_cast<DescriptorPart>(part);
        return tl::unexpected(ok.error());
      }
      ++part;
    }
    return std::move(entry_);
  }

 private:
  using Step = Result<void>;

  tl::unexpected<Diagnostic> broken(std::string_view expected, std::string_view found) const {
    return refuse("plugin-broken", expected, found, ask_author);
  }
  tl::unexpected<Diagnostic> refuse(std::string_view id, std::string_view expected, std::string_view found,
                                    std::string remedy) const {
    std::string file = id_.empty() ? library_ : fmt::format("{} (plugin '{}')", library_, id_);
    return refused(id, file, expected, found, std::move(remedy));
  }

  Step check_sizes() {
    constexpr std::size_t least = offsetof(sonde_plugin, api) + sizeof(plugin_->api);
    uint32_t size = size_of(plugin_);
    if (size < least) return broken(fmt::format("a plugin table of at least {} bytes", least), fmt::format("{}", size));
    plugin_ = full_size<sonde_plugin>(plugin_, size);
    if (!plugin_->desc) return broken("a descriptor", "none");
    desc_ = plugin_->desc;
    // Up to here the layout of every minor is the same; the rest is read only when the size covers it.
    if (desc_->size < sizeof(sonde_descriptor))
      return broken(fmt::format("a descriptor of at least {} bytes", sizeof(sonde_descriptor)),
                    fmt::format("one that says it has {}", desc_->size));
    return {};
  }

  Step copy_identity() {
    auto id = text("id", desc_->id, 64);
    if (!id) return tl::unexpected(id.error());
    bool valid = !id->empty() && id->size() <= 32 && (*id)[0] >= 'a' && (*id)[0] <= 'z' &&
                 std::all_of(id->begin(), id->end(),
                             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (!valid)
      return broken("an id of 1 to 32 lower case letters, digits and dashes that begins with a letter",
                    fmt::format("'{}'", printable(*id)));
    id_ = *id;
    entry_.id = *id;
    entry_.library = library_;
    entry_.plugin = plugin_;
    if (desc_->kind != SONDE_KIND_PROBE && desc_->kind != SONDE_KIND_EXPORTER && desc_->kind != SONDE_KIND_SOURCE)
      return broken("a probe (1), an exporter (2) or a source (3)", fmt::format("kind {}", desc_->kind));
    entry_.kind = static_cast<PluginKind>(desc_->kind);
    return {};
  }

  Step check_version() {
    entry_.abi_minor = desc_->abi_minor;
    if (desc_->min_host_minor > SONDE_ABI_MINOR)
      return refuse("plugin-abi", fmt::format("a plugin that runs on ABI {}.{}", SONDE_ABI_MAJOR, SONDE_ABI_MINOR),
                    fmt::format("one that needs at least {}.{}", SONDE_ABI_MAJOR, desc_->min_host_minor),
                    "install a newer sonde, or an older version of the plugin");
    if (SONDE_ABI_MAJOR == 0 && desc_->abi_minor != SONDE_ABI_MINOR)  // until the ABI is frozen minors must match
      return refuse("plugin-abi", fmt::format("a plugin built for ABI {}.{}", SONDE_ABI_MAJOR, SONDE_ABI_MINOR),
                    fmt::format("one built for {}.{}", SONDE_ABI_MAJOR, desc_->abi_minor),
                    "rebuild the plugin against the SDK of this sonde");
    return {};
  }

  Step copy_texts() {
    struct Part {
      const char* name;
      const char* from;
      std::string* to;
      bool may_be_empty;
    };
    for (const Part& part :
         {Part{"version", desc_->version, &entry_.version, false},
          Part{"summary", desc_->summary, &entry_.summary, false},
          Part{"license", desc_->license, &entry_.license, false}, Part{"url", desc_->url, &entry_.url, true}}) {
      auto copy = text(part.name, part.from, max_text);
      if (!copy) return tl::unexpected(copy.error());
      if (copy->empty() && !part.may_be_empty) return broken(fmt::format("a {}", part.name), "an empty one");
      *part.to = std::move(*copy);
    }
    return {};
  }

  Step copy_fields() {
    if (desc_->input_count + uint64_t{desc_->output_count} > 0 &&
        (desc_->field_size < sizeof(sonde_field) || desc_->field_size > max_field_size ||
         desc_->field_size % alignof(sonde_field) != 0))
      return broken(fmt::format("a field_size of at least {}", sizeof(sonde_field)),
                    fmt::format("{}", desc_->field_size));
    if (auto ok = copy_field_array("inputs", desc_->inputs, desc_->input_count, entry_.inputs); !ok) return ok;
    return copy_field_array("outputs", desc_->outputs, desc_->output_count, entry_.outputs);
  }

  Step copy_field_array(const char* what, const sonde_field* array, uint32_t count, std::vector<FieldInfo>& to) {
    if (count > max_fields) return broken(fmt::format("at most {} {}", max_fields, what), fmt::format("{}", count));
    if (count > 0 && !array) return broken(what, "a null pointer");
    std::set<std::string> seen;
    for (uint32_t i = 0; i < count; ++i) {
      sonde_field raw;
      std::memcpy(&raw, reinterpret_cast<const char*>(array) + std::size_t{i} * desc_->field_size, sizeof raw);
      FieldInfo field;
      auto name = text(what, raw.name, 128);
      if (!name) return tl::unexpected(name.error());
      if (!is_field_name(*name))
        return broken(fmt::format("names of {} such as ports or tls.subject", what),
                      fmt::format("'{}'", printable(*name)));
      if (!seen.insert(*name).second)
        return broken(fmt::format("each of its {} once", what), fmt::format("'{}' twice", *name));
      if (raw.type > SONDE_JSON || raw.shape > SONDE_MAP)
        return broken(fmt::format("a known type and shape of field '{}'", *name),
                      fmt::format("type {}, shape {}", raw.type, raw.shape));
      auto help = raw.help ? text("help", raw.help, max_text) : Result<std::string>(std::string());
      if (!help) return tl::unexpected(help.error());
      to.push_back({std::move(*name), std::move(*help), raw.type, raw.shape, raw.flags});
    }
    return {};
  }

  Step copy_numbers() {
    if ((desc_->needs & ~known_needs) != 0)
      return broken("needs that this scanner knows", fmt::format("bits {:#x}", desc_->needs & ~known_needs));
    entry_.needs = desc_->needs;
    entry_.flags = desc_->flags;
    entry_.max_batch = desc_->max_batch;
    entry_.max_in_flight = desc_->max_in_flight;
    entry_.max_instances = desc_->max_instances;
    entry_.timeout_ms = desc_->timeout_ms;
    return {};
  }

  Step copy_schema() {
    auto schema_text = text("options_schema", desc_->options_schema, max_schema);
    if (!schema_text) return tl::unexpected(schema_text.error());
    auto schema = parse_schema(*schema_text);
    Result<void> demands = schema ? check_demands(*schema, entry_.needs) : Result<void>();
    if (!schema || !demands) {
      const Diagnostic& why = schema ? demands.error() : schema.error();
      return refuse("plugin-schema", "an options_schema in the words that sonde knows", why.text, ask_author);
    }
    entry_.schema_text = std::move(*schema_text);
    entry_.schema = std::move(*schema);
    return {};
  }

  Step check_functions() {
    if (!plugin_->create || !plugin_->destroy) return broken("create() and destroy()", "a null pointer");
    if (!plugin_->api || size_of(plugin_->api) < 2 * sizeof(uint32_t)) return broken("a table for its kind", "none");
    switch (entry_.kind) {
      case PluginKind::probe:
        return check_probe();
      case PluginKind::exporter: {
        entry_.exporter = full_size<sonde_exporter>(plugin_->api, size_of(plugin_->api));
        const sonde_exporter& x = *entry_.exporter;
        if (!x.open || !x.write || !x.flush || !x.close)
          return broken("open, write, flush and close", "a null pointer");
        return {};
      }
      case PluginKind::source:
        entry_.source = full_size<sonde_source>(plugin_->api, size_of(plugin_->api));
        if (!entry_.source->pull) return broken("pull()", "a null pointer");
        return {};
    }
    return {};
  }

  Step check_probe() {
    entry_.probe = full_size<sonde_probe>(plugin_->api, size_of(plugin_->api));
    const sonde_probe& p = *entry_.probe;
    if (entry_.blocking()) {
      if (!p.run) return broken("run(), as SONDE_P_BLOCKING promises", "a null pointer");
      if (p.start || p.on_io || p.on_timer || p.cancel)
        return broken("run() alone, as SONDE_P_BLOCKING says", "functions of the asynchronous style as well");
      return {};
    }
    if (p.run) return broken("the asynchronous style alone", "run() as well, without SONDE_P_BLOCKING");
    for (auto [name, missing] : {std::pair{"start", !p.start}, std::pair{"on_io", !p.on_io},
                                 std::pair{"on_timer", !p.on_timer}, std::pair{"cancel", !p.cancel}})
      if (missing) return broken("start, on_io, on_timer and cancel", fmt::format("no {}()", name));
    return {};
  }

  Result<std::string> text(std::string_view what, const char* from, std::size_t limit) const {
    if (!from) return broken(fmt::format("a text for {}", what), "a null pointer");
    std::size_t length = ::strnlen(from, limit + 1);
    if (length > limit) return broken(fmt::format("{} of at most {} bytes", what, limit), "a longer text");
    std::string copy(from, length);
    if (!is_valid_utf8(copy)) return broken(fmt::format("{} in UTF-8", what), printable(to_valid_utf8(copy)));
    return copy;
  }

  static bool is_field_name(std::string_view name) {
    bool at_start = true;  // of a dotted part
    for (char c : name) {
      bool letter = c >= 'a' && c <= 'z';
      bool later = (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
      if (!letter && (at_start || !later)) return false;
      at_start = c == '.';
    }
    return !at_start;
  }

  const sonde_plugin* plugin_;
  const sonde_descriptor* desc_ = nullptr;
  const std::string& library_;
  std::string& id_;
  PluginEntry entry_;
};

}  // namespace

Result<PluginEntry> check_plugin(const sonde_plugin* plugin, const std::string& library, std::string& id,
                                 DescriptorPart* wrong) {
  return PluginCheck(plugin, library, id).run(wrong);
}

}  // namespace sonde::core
