// What the two kinds of instance answer by alike.
#include "engine/task_rules.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

constexpr int64_t second = 1'000'000'000;

TEST(TaskRules, NoPlaceIsTakenForAPacketThatMayNotLeave) {
  PacketBudget packets(1, 0);
  int places = 0;
  const auto take_place = [&] { return ++places != 0; };
  EXPECT_EQ(take_permit(packets, second, take_place), Permit::given);
  EXPECT_EQ(take_permit(packets, second, take_place), Permit::no_packet);
  EXPECT_EQ(places, 1);
}

TEST(TaskRules, NorAPacketWithoutAPlace) {
  PacketBudget packets(1, 0);
  EXPECT_EQ(take_permit(packets, second, [] { return false; }), Permit::no_place);
  EXPECT_EQ(packets.taken(), 0u);
  EXPECT_EQ(take_permit(packets, second, [] { return true; }), Permit::given);
}

TEST(TaskRules, ATaskReachesItsTargetAndNoOther) {
  const Scope scope({}, {}, {});
  const IpAddress own = IpAddress::v4(0x0a000001), other = IpAddress::v4(0x0a000002);
  sonde_target to{};
  to.proto = 6;
  to.port = 80;
  EXPECT_EQ(scope_refusal(scope, &own, {}, to, own), "");
  EXPECT_EQ(scope_refusal(scope, &own, {}, to, other), "10.0.0.2 is not the target of this task");
  const std::vector<IpAddress> services = {other};
  EXPECT_EQ(scope_refusal(scope, nullptr, services, to, other), "");
  EXPECT_EQ(scope_refusal(scope, nullptr, services, to, own), "10.0.0.1 is no server that the stage's options name");
  to.port = 9100;
  EXPECT_EQ(scope_refusal(scope, &own, {}, to, own), "10.0.0.1: printer port; allow_print_ports: true permits it");
}

}  // namespace
}  // namespace sonde::core
