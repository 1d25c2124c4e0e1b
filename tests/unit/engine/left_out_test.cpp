// Hosts that a stage asked for no port: they are named in the run document, and no port of theirs is called closed.
#include "inventory/run_document.hpp"
#include "plan/when.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

class LeftOut : public ScriptedRun {
 protected:
  void SetUp() override {
    ScriptedRun::SetUp();
    targets(3);
    plan.history.dir = directory_ / "history";
    Script alive;
    alive.start = [](auto c, auto h, auto tasks) {
      for (const sonde_task t : tasks) {
        const sonde_value yes = boolean(true);
        h->put(c, t, 0, {}, &yes);
        h->done(c, t, SONDE_POSITIVE);
      }
      return static_cast<int32_t>(tasks.size());
    };
    stage<0>(alive, {"alive"});
    Script ports;
    ports.start = [this](auto c, auto h, auto tasks) {
      for (const sonde_task t : tasks) {
        sonde_target to{};
        to.size = sizeof to;
        h->target(c, t, &to);
        sonde_value port{};
        port.type = SONDE_U64;
        port.as.u = 22;
        if (to.ip[15] != nothing_to_ask) h->put(c, t, 0, {}, &port);
        h->done(c, t, to.ip[15] != nothing_to_ask ? SONDE_POSITIVE : SONDE_CANCELLED);
      }
      return static_cast<int32_t>(tasks.size());
    };
    stage<1>(ports, {"ports"});
  }
  void expect_left_out(const RunResult& r, const std::string& range, const char* hosts) {
    EXPECT_EQ(r.document.stages[1].left_out, std::vector<std::string>{range});
    EXPECT_EQ(read_run_document(plan.output_dir + "/run.json")->stages[1].left_out, r.document.stages[1].left_out);
    ASSERT_TRUE(r.document.delta);
    const Value *changed = r.document.delta->find("changed"), *unasked = r.document.delta->find("ports_not_asked");
    ASSERT_TRUE(changed && unasked) << to_json(*r.document.delta);
    EXPECT_EQ(to_json(*changed), "[]");
    EXPECT_EQ(to_json(*unasked), hosts);
  }
  int nothing_to_ask = -1;  ///< last octet of the address of which the stage has no question
};

TEST_F(LeftOut, HostsOfWhichAWhenIsFalseAreNamedAndTheirPortsNotCompared) {
  EXPECT_TRUE(run_well().document.stages[1].left_out.empty());
  plan.stages[1].when = *When::compile("ip in 127.0.1.2/32", {}, plan.fields);
  expect_left_out(run_well(), "127.0.1.0-127.0.1.1", R"(["127.0.1.0","127.0.1.1"])");
}

TEST_F(LeftOut, SoAreThoseThatThePluginHadNothingToAskOf) {
  EXPECT_TRUE(run_well().document.stages[1].left_out.empty());
  nothing_to_ask = 1;
  expect_left_out(run_well(), "127.0.1.1", R"(["127.0.1.1"])");
}

}  // namespace
}  // namespace sonde::core::test
