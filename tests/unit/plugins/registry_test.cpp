// Fixture libraries through all checks: what is accepted, what is refused and how, which of two wins.
#include "plugins/registry.hpp"

#include <algorithm>

#include "plugins/host_calls.hpp"
#include "scratch.hpp"

namespace sonde::core {
namespace {

Registry fixtures() {
  Registry registry;
  registry.scan({{SONDE_FIXTURES}, false});
  return registry;
}

TEST(Registry, FindsProbesExportersAndSources) {
  Registry registry = fixtures();
  for (const auto& refusal : registry.refusals()) ADD_FAILURE() << refusal.why.text;
  std::vector<std::string> found;
  for (const PluginEntry* e : registry.all()) found.push_back(std::string(to_string(e->kind)) + " " + e->id);
  EXPECT_EQ(found,
            (std::vector<std::string>{"probe demanding", "probe null", "probe reader", "probe sleepy", "probe writer",
                                      "exporter fixture-lines", "exporter fixture-stream", "source fixture-source"}));
}

TEST(Registry, CopiesTheDescriptor) {
  Registry registry = fixtures();
  const PluginEntry* sleepy = registry.find(PluginKind::probe, "sleepy");
  ASSERT_NE(sleepy, nullptr);
  EXPECT_EQ(sleepy->version, "1.0");
  EXPECT_EQ(sleepy->summary, "Holds a worker for a while");
  EXPECT_EQ(sleepy->license, "Apache-2.0");
  EXPECT_EQ(sleepy->timeout_ms, 1000u);
  EXPECT_TRUE(sleepy->blocking());
  ASSERT_EQ(sleepy->outputs.size(), 2u);
  EXPECT_EQ(sleepy->outputs[1].name, "sleepy.waited_ms");
  EXPECT_EQ(sleepy->outputs[1].type, uint32_t{SONDE_F64});
  EXPECT_EQ(sleepy->outputs[1].flags, uint32_t{SONDE_F_REQUIRED});
  ASSERT_EQ(sleepy->schema.properties.size(), 3u);
  EXPECT_EQ(sleepy->schema.properties[0].schema.format, Format::duration);
  EXPECT_EQ(sleepy->library, std::filesystem::canonical(SONDE_FIXTURES "/sleepy.so").string());
  EXPECT_EQ(registry.find(PluginKind::exporter, "fixture-stream")->flags, uint32_t{SONDE_X_STREAMING});
  EXPECT_EQ(registry.find(PluginKind::probe, "fixture-lines"), nullptr);
}

/// The tables of "reader" end before run() and get_extension(): an old plugin on this host.
TEST(Registry, ShorterTablesGetNulls) {
  Registry registry = fixtures();
  const PluginEntry* reader = registry.find(PluginKind::probe, "reader");
  ASSERT_NE(reader, nullptr);
  EXPECT_NE(reader->probe->cancel, nullptr);
  EXPECT_EQ(reader->probe->run, nullptr);
  EXPECT_EQ(reader->plugin->get_extension, nullptr);
  EXPECT_LT(reader->probe->size, sizeof(sonde_probe));
}

struct Bad {
  const char* name;
  const char* id;
  const char* says;
};

TEST(Registry, EachBrokenLibraryHasItsReason) {
  const Bad cases[] = {
      {"truncated", "plugin-truncated", "found a file that ends after 4096 bytes"},
      {"format", "plugin-not-elf", "found a text file"},
      {"symbol", "plugin-symbol", "expected the entry sonde_plugin_v0"},
      {"major", "plugin-abi", "found one built for ABI 9; this scanner speaks 0"},
      {"minor", "plugin-abi", "expected a plugin built for ABI 0.0, found one built for 0.7"},
      {"needs-newer", "plugin-abi", "found one that needs at least 0.3"},
      {"size", "plugin-broken", "found one that says it has 24"},
      {"kind", "plugin-broken", "found kind 12"},
      {"id", "plugin-broken", "found 'Broken Id'"},
      {"text", "plugin-broken", "expected summary in UTF-8"},
      {"null-text", "plugin-broken", "expected a text for summary, found a null pointer"},
      {"field", "plugin-broken", "found 'Not A Name'"},
      {"type", "plugin-broken", "found type 77, shape 0"},
      {"stride", "plugin-broken", "expected a field_size of at least 32, found 8"},
      {"needs", "plugin-broken", "found bits 0x40000000"},
      {"schema", "plugin-schema", "pattern"},
      {"cost", "plugin-schema", "names 'nothing', which is no option"},
      {"start", "plugin-broken", "found no start()"},
      {"styles", "plugin-broken", "expected the asynchronous style alone, found run() as well"},
      {"empty", "plugin-broken", "found a library that offers none"},
  };
  Registry registry;
  registry.scan({{SONDE_BAD_FIXTURES}, false});
  EXPECT_TRUE(registry.all().empty());
  EXPECT_EQ(registry.refusals().size(), std::size(cases));
  for (const Bad& bad : cases) {
    std::string file = std::string("/broken-") + bad.name + ".so";
    auto it = std::find_if(registry.refusals().begin(), registry.refusals().end(),
                           [&](const Registry::Refusal& r) { return r.file.ends_with(file); });
    ASSERT_NE(it, registry.refusals().end()) << bad.name;
    EXPECT_EQ(it->why.id, bad.id) << bad.name;
    EXPECT_NE(it->why.text.find(bad.says), std::string::npos) << bad.name << ": " << it->why.text;
    EXPECT_NE(it->why.text.find(file), std::string::npos) << it->why.text;
    EXPECT_FALSE(it->why.hint.empty()) << bad.name;
  }
}

TEST(Registry, ARefusalIsTheAnswerWhenThePluginIsAskedFor) {
  Registry registry;
  registry.scan({{SONDE_BAD_FIXTURES}, false});
  Diagnostic why = registry.explain_missing(PluginKind::probe, "broken-major", {"lan.sonde.yaml", 7, 11, 4});
  EXPECT_EQ(why.id, "plugin-abi");
  EXPECT_EQ(why.where.line, 7u);
  EXPECT_EQ(why.text.find("the probe 'broken-major' cannot be used: plugin library /"), 0u) << why.text;
}

TEST(Registry, OneIdTwiceInADirectoryIsNeither) {
  Registry registry;
  registry.scan({{SONDE_BAD_FIXTURES "/duplicate"}, false});
  EXPECT_EQ(registry.find(PluginKind::probe, "twin"), nullptr);
  EXPECT_TRUE(registry.all().empty());
  Diagnostic why = registry.explain_missing(PluginKind::probe, "twin", {});
  EXPECT_EQ(why.id, "duplicate-plugin");
  EXPECT_NE(why.text.find("twin-a.so and "), std::string::npos) << why.text;
  EXPECT_NE(why.text.find("twin-b.so"), std::string::npos) << why.text;
}

TEST(Registry, AnEarlierDirectoryWinsAndThatIsSaid) {
  Scratch first, second;
  first.copy(SONDE_FIXTURES "/null.so", "null.so");
  second.copy(SONDE_FIXTURES "/null.so", "null.so");
  Registry registry;
  registry.scan({{first.path(), second.path()}, false});
  ASSERT_NE(registry.find(PluginKind::probe, "null"), nullptr);
  EXPECT_EQ(registry.find(PluginKind::probe, "null")->library, std::filesystem::canonical(first / "null.so").string());
  EXPECT_EQ(registry.all().size(), 1u);
  ASSERT_EQ(registry.refusals().size(), 1u);
  EXPECT_EQ(registry.refusals()[0].why.id, "plugin-shadowed");
  EXPECT_EQ(registry.refusals()[0].why.severity, Severity::warning);
}

/// Falling back to the installed plugin because the one that was meant is damaged would be silent.
TEST(Registry, ADamagedFileInAnEarlierDirectoryIsNotPassedOver) {
  Scratch first, second;
  first.write("null.so", "no library");
  second.copy(SONDE_FIXTURES "/null.so", "null.so");
  Registry registry;
  registry.scan({{first.path(), second.path()}, false});
  EXPECT_EQ(registry.find(PluginKind::probe, "null"), nullptr);
  EXPECT_EQ(registry.explain_missing(PluginKind::probe, "null", {}).id, "plugin-not-elf");
}

TEST(Registry, TheSameDirectoryTwiceIsOnce) {
  Registry registry;
  registry.scan({{SONDE_FIXTURES, SONDE_FIXTURES "/."}, false});
  EXPECT_TRUE(registry.refusals().empty());
  EXPECT_NE(registry.find(PluginKind::probe, "null"), nullptr);
}

TEST(Registry, AMissingDirectoryIsAWarning) {
  Registry registry;
  registry.scan({{"/nowhere/at/all"}, false});
  ASSERT_EQ(registry.refusals().size(), 1u);
  EXPECT_EQ(registry.refusals()[0].why.id, "plugin-path");
  EXPECT_EQ(registry.refusals()[0].why.text, "plugin directory /nowhere/at/all: No such file or directory");
}

TEST(Registry, MissingPluginsAreExplained) {
  Registry registry = fixtures();
  Diagnostic typo = registry.explain_missing(PluginKind::probe, "sleppy", {});
  EXPECT_EQ(typo.id, "plugin-missing");
  EXPECT_EQ(typo.text, "there is no probe 'sleppy'");
  EXPECT_EQ(typo.hint.substr(0, 22), "did you mean 'sleepy'?");
  EXPECT_NE(typo.hint.find("probes here: demanding, null, reader, sleepy, writer; looked in "), std::string::npos)
      << typo.hint;
  Diagnostic kind = registry.explain_missing(PluginKind::probe, "fixture-lines", {});
  EXPECT_EQ(kind.text, "'fixture-lines' is an exporter, not a probe");
  EXPECT_EQ(kind.hint, "it belongs under outputs:");
}

TEST(Registry, WritableByOthersIsRefused) {
  Scratch dir;
  std::string path = dir.copy(SONDE_FIXTURES "/null.so", "null.so", 0666);
  Registry registry;
  registry.load_file(path, false);
  EXPECT_EQ(registry.find(PluginKind::probe, "null"), nullptr);
  EXPECT_EQ(registry.explain_missing(PluginKind::probe, "null", {}).id, "plugin-permissions");
}

TEST(Registry, LoadFileTakesOneLibrary) {
  Registry registry;
  registry.load_file(SONDE_FIXTURES "/sleepy.so", false);
  EXPECT_NE(registry.find(PluginKind::probe, "sleepy"), nullptr);
  EXPECT_EQ(registry.all().size(), 1u);
}

class QuietHost : public HostCalls {
 public:
  using HostCalls::HostCalls;
  void log(sonde_task, int, std::string_view) override {}
  sonde_err done(sonde_task task, sonde_outcome outcome) override {
    results.emplace_back(task, outcome);
    return SONDE_OK;
  }
  std::vector<std::pair<sonde_task, sonde_outcome>> results;
};

TEST(Registry, ALoadedPluginRuns) {
  Registry registry = fixtures();
  const PluginEntry& null = *registry.find(PluginKind::probe, "null");
  Diagnostics out;
  Value options = check_options(parse_json(R"({"outcome":"negative","batch":2})").value(), null.schema, {}, out);
  ASSERT_FALSE(out.has_errors()) << out.render_sorted();
  QuietHost host(&options);
  sonde_inst* instance = nullptr;
  ASSERT_EQ(null.plugin->create(host.context(), HostCalls::table(), &instance), SONDE_OK);
  const sonde_task tasks[] = {11, 12, 13};
  EXPECT_EQ(null.probe->start(instance, tasks, 3), 2);
  null.plugin->destroy(instance);
  EXPECT_EQ(host.results,
            (std::vector<std::pair<sonde_task, sonde_outcome>>{{11, SONDE_NEGATIVE}, {12, SONDE_NEGATIVE}}));
}

}  // namespace
}  // namespace sonde::core
