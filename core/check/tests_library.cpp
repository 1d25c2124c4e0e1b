// The file, its entry, and what the descriptor says.
#include <dlfcn.h>
#include <time.h>

#include <algorithm>

#include "base/text.hpp"
#include "check/process_state.hpp"
#include "check/sandbox.hpp"
#include "check/tests.hpp"
#include "plugins/elf_file.hpp"

namespace sonde::core::check {
namespace {

constexpr int64_t most_load_ns = 100'000'000;
constexpr std::size_t widest_help = 600;

std::string listed(const std::vector<std::string>& parts, std::size_t most = 5) {
  std::string out;
  for (std::size_t i = 0; i < std::min(parts.size(), most); ++i) out += (i == 0 ? "" : "; ") + printable(parts[i]);
  return parts.size() > most ? out + "; and " + std::to_string(parts.size() - most) + " more" : out;
}

/// Those of a sanitizer are in the program that was built with it.
bool of_sanitizer(const std::string& name) {
  for (const char* prefix : {"__asan", "__ubsan", "__tsan", "__lsan", "__msan", "__sanitizer", "__sancov",
                             "__start___sancov", "__stop___sancov", "__odr_asan"})
    if (name.starts_with(prefix)) return true;
  return false;
}

struct DescriptorCheck {
  Result<PluginEntry> entry;
  DescriptorPart wrong{};
};
DescriptorCheck look_at_descriptor(const Bench& bench) {
  const auto entry = bench.load();
  if (!entry) throw TestRefusal{entry.error().text};
  std::string id;
  DescriptorCheck out{failure("plugin-broken", ""), {}};
  out.entry = check_plugin((*entry)(bench.index), bench.file, id, &out.wrong);
  return out;
}

/// `first` to `last`: the parts that a test is about.
Verdict judge_parts(const DescriptorCheck& check, DescriptorPart first, DescriptorPart last) {
  if (check.entry || check.wrong > last) return pass();
  if (check.wrong < first) return skip("what stands before it is refused already");
  return fail(check.entry.error().text);
}

void look_at_help(const Schema& schema, const std::string& name, std::vector<std::string>& wrong) {
  for (const Schema::Property& p : schema.properties) {
    const std::string path = name.empty() ? p.name : name + "." + p.name;
    if (p.schema.description.empty())
      wrong.push_back("the option '" + path + "' has no description");
    else if (p.schema.description.size() > widest_help)
      wrong.push_back("the description of '" + path + "' is longer than " + std::to_string(widest_help) + " octets");
    for (const Schema::Property& other : schema.properties)
      if (&other < &p && !p.schema.description.empty() && other.schema.description == p.schema.description)
        wrong.push_back("'" + path + "' and '" + other.name + "' have the same description");
    look_at_help(p.schema, path, wrong);
  }
}

}  // namespace

Verdict load_now(const Bench& bench) {
  const auto entry = bench.load();
  if (!entry) return fail(entry.error().text);
  return (*entry)(0) ? pass() : fail("the entry offers no plugin");
}

Verdict one_symbol(const Bench& bench) {
  const auto elf = inspect_elf_file(bench.file);
  if (!elf) return fail(elf.error().text);
  if (!elf->has_symbols) return skip("the file has no section table");
  const std::string entry = "sonde_plugin_v" + std::to_string(SONDE_ABI_MAJOR);
  std::vector<std::string> others;
  for (const std::string& name : elf->exports)
    if (name != entry && !of_sanitizer(name)) others.push_back(name);
  return others.empty() ? pass() : fail("it exports " + listed(others) + " beside " + entry);
}

Verdict own_symbols(const Bench& bench) {
  const auto elf = inspect_elf_file(bench.file);
  if (!elf) return fail(elf.error().text);
  if (const auto entry = bench.load(); !entry) return fail(entry.error().text);
  void* handle = dlopen(bench.file.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (!handle) return skip("the loader does not give a handle");
  std::vector<std::string> missing;
  for (const std::string& name : elf->imports)
    if (!of_sanitizer(name) && !dlsym(handle, name.c_str())) missing.push_back(name);
  return missing.empty() ? pass()
                         : fail("it uses " + listed(missing) + ", which neither it nor a library that it names has");
}

Verdict entry_pure(const Bench& bench) {
  const ProcessState before = ProcessState::now();
  const auto entry = bench.load();
  if (!entry) return fail(entry.error().text);
  uint32_t count = 0;
  for (; count < 64; ++count) {
    const sonde_plugin* plugin = (*entry)(count);
    if (plugin != (*entry)(count)) return fail("the entry gives another pointer for the same index");
    if (!plugin) break;
  }
  for (const uint32_t index : {count, count + 1, uint32_t{1'000'000}, UINT32_MAX})
    if ((*entry)(index)) return fail("the entry gives a plugin for index " + std::to_string(index));
  const ProcessState after = ProcessState::now();
  std::vector<std::string> effects = before.changed_manners(after, false);
  for (std::string& left : before.left_behind(after)) effects.push_back(std::move(left));
  return effects.empty() ? pass() : fail("loading it had effects: " + listed(effects));
}

Verdict load_time(const Bench& bench) {
  const auto cpu = [] {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  };
  const int64_t before = cpu();
  const auto entry = bench.load();
  if (!entry) return fail(entry.error().text);
  (*entry)(0);
  const int64_t took = cpu() - before;
  if (under_sanitizer() || took <= most_load_ns) return pass();
  return warn("loading it takes " + std::to_string(took / 1'000'000) + " ms on the processor");
}

Verdict descriptor_valid(const Bench& bench) {
  const DescriptorCheck check = look_at_descriptor(bench);
  if (!check.entry && check.wrong == DescriptorPart::numbers) return fail(check.entry.error().text);
  return judge_parts(check, DescriptorPart::sizes, DescriptorPart::texts);
}

Verdict fields_valid(const Bench& bench) {
  const DescriptorCheck check = look_at_descriptor(bench);
  if (!check.entry) return judge_parts(check, DescriptorPart::fields, DescriptorPart::fields);
  Subject s;
  s.plugin = *check.entry;
  if (auto bound = bind_fields(s); !bound) return fail(bound.error().text);
  return pass();
}

Verdict schema_valid(const Bench& bench) {
  return judge_parts(look_at_descriptor(bench), DescriptorPart::schema, DescriptorPart::schema);
}

Verdict schema_help(const Bench& bench) {
  const DescriptorCheck check = look_at_descriptor(bench);
  if (!check.entry) return skip("the descriptor is refused");
  std::vector<std::string> wrong;
  look_at_help(check.entry->schema, "", wrong);
  for (const FieldInfo& f : check.entry->outputs)
    if (f.help.empty() && f.name.starts_with(check.entry->id + "."))
      wrong.push_back("the field '" + f.name + "' has no help");
  return wrong.empty() ? pass() : warn(listed(wrong));
}

Verdict task_time(const Bench& bench) {
  const DescriptorCheck check = look_at_descriptor(bench);
  if (!check.entry || check.entry->timeout_ms != 0) return pass();
  const auto waits = [](const Value& cost) { return cost.find("wait") && !cost.find("deadline"); };
  bool stated = waits(check.entry->schema.cost);
  const Value& variants = check.entry->schema.variants;
  for (const Value::Member& by_option : variants.object() ? *variants.object() : Value::Object{})
    for (const Value::Member& variant : by_option.value.object() ? *by_option.value.object() : Value::Object{})
      if (const Value* cost = variant.value.find("cost")) stated |= waits(*cost);
  return stated ? warn("its schema states how long a task waits, and timeout_ms is 0: each task gets 10 s on top of it")
                : pass();
}

Verdict tables_complete(const Bench& bench) {
  return judge_parts(look_at_descriptor(bench), DescriptorPart::functions, DescriptorPart::functions);
}

}  // namespace sonde::core::check
