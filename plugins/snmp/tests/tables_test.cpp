// Tables from cells to JSON.
#include "tables.hpp"

#include <gtest/gtest.h>

namespace sonde::snmp {
namespace {

Value natural(uint64_t number) {
  Value value;
  value.kind = Value::Kind::integer;
  value.integer = static_cast<int64_t>(number);
  return value;
}
Value octets(std::string content) {
  Value value;
  value.kind = Value::Kind::octets;
  value.octets = std::move(content);
  return value;
}
Value address(std::string content) {
  Value value = octets(std::move(content));
  value.kind = Value::Kind::address;
  return value;
}
Value pointer(const char* text) {
  Value value;
  value.kind = Value::Kind::oid;
  value.oid = parse_oid(text).value();
  return value;
}
const std::string mac("\x00\x11\x32\x00\x00\x10", 6);

std::string json(const char* name, std::vector<Walk::Cells> cells) {
  const Table& table = *find_table(name);
  cells.resize(table.oids.size());
  return table.json(cells);
}

TEST(Tables, EveryOneHasItsColumns) {
  for (const char* name : {"interfaces", "addresses", "arp", "entity", "lldp"}) {
    ASSERT_NE(find_table(name), nullptr);
    for (const Oid& column : columns_of(*find_table(name))) EXPECT_GT(column.size(), 8u);
    EXPECT_EQ(json(name, {}), "[]");
  }
  EXPECT_EQ(find_table("routes"), nullptr);
}
TEST(Tables, Interfaces) {
  EXPECT_EQ(json("interfaces", {{{{1}, octets("lo")}, {{2}, octets("Gigabit 1")}},
                                {{{1}, natural(24)}, {{2}, natural(6)}},
                                {{{1}, natural(10000000)}, {{2}, natural(4294967295)}},
                                {{{1}, octets("")}, {{2}, octets(mac)}},
                                {{{1}, natural(1)}, {{2}, natural(2)}},
                                {{{1}, natural(1)}, {{2}, natural(7)}},
                                {{{2}, octets("ge1")}},
                                {{{2}, natural(10000)}},
                                {{{2}, octets("uplink")}}}),
            R"([{"index":1,"descr":"lo","type":24,"admin":"up","oper":"up","speed":10000000},)"
            R"({"index":2,"name":"ge1","descr":"Gigabit 1","alias":"uplink","type":6,"mac":"00:11:32:00:00:10",)"
            R"("admin":"down","oper":"lower-layer-down","speed":10000000000}])");
}
TEST(Tables, AddressesOfBothTablesOnce) {
  const Oid v4 = {1, 4, 192, 0, 2, 54}, v6 = {2, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(json("addresses", {{{v4, natural(2)}, {v6, natural(2)}},
                               {{v4, pointer("1.3.6.1.2.1.4.32.1.5.2.1.4.192.0.2.0.24")}, {v6, pointer("0.0")}},
                               {{{192, 0, 2, 54}, natural(2)}, {{10, 0, 0, 1}, natural(3)}},
                               {{{10, 0, 0, 1}, address(std::string("\xff\xff\xf0\x00", 4))}}}),
            R"([{"address":"192.0.2.54","prefix":24,"interface":2},{"address":"2001:db8::1","interface":2},)"
            R"({"address":"10.0.0.1","prefix":20,"interface":3}])");
}
TEST(Tables, PrefixesThatCannotBeAreLeftOut) {
  const Oid v4 = {1, 4, 192, 0, 2, 54};
  EXPECT_EQ(json("addresses", {{{v4, natural(2)}},
                               {{v4, pointer("1.3.6.1.2.1.4.32.1.5.2.1.4.192.0.2.0.4294967295")}},
                               {{{10, 0, 0, 1}, natural(3)}},
                               {{{10, 0, 0, 1}, octets(std::string(500, '\xff'))}}}),
            R"([{"address":"192.0.2.54","interface":2},{"address":"10.0.0.1","interface":3}])");
}
TEST(Tables, ArpOfBothTablesOnce) {
  EXPECT_EQ(json("arp", {{{{2, 1, 4, 192, 0, 2, 1}, octets(mac)}},
                         {{{2, 192, 0, 2, 1}, octets(mac)}, {{2, 192, 0, 2, 7}, octets(mac)}}}),
            R"([{"address":"192.0.2.1","mac":"00:11:32:00:00:10","interface":2},)"
            R"({"address":"192.0.2.7","mac":"00:11:32:00:00:10","interface":2}])");
}
TEST(Tables, IndexesThatAreNoAddressesAreLeftOut) {
  EXPECT_EQ(json("arp", {{{{2, 1, 4, 300, 0, 2, 1}, octets(mac)},
                          {{2, 1, 4294967295u, 1}, octets(mac)},
                          {{2, 1, 9, 1}, octets(mac)},
                          {{2}, octets(mac)}},
                         {{{2, 192}, octets(mac)}}}),
            "[]");
}
TEST(Tables, EntityAndItsChassis) {
  const std::vector<Walk::Cells> cells = {{{{1}, octets("Lab switch")}, {{2}, octets("PSU")}},
                                          {{{1}, natural(3)}, {{2}, natural(6)}},
                                          {{{1}, octets("sw1")}},
                                          {},
                                          {},
                                          {{{1}, octets("12.2")}},
                                          {{{1}, octets("FOC1234")}, {{2}, octets("P-77")}},
                                          {{{1}, octets("Acme")}},
                                          {{{1}, octets("WS-24")}}};
  EXPECT_EQ(
      json("entity", cells),
      R"([{"index":1,"class":"chassis","name":"sw1","descr":"Lab switch","maker":"Acme","model":"WS-24",)"
      R"("serial":"FOC1234","software":"12.2"},{"index":2,"class":"power-supply","descr":"PSU","serial":"P-77"}])");
  const Chassis chassis = chassis_of(cells);
  EXPECT_EQ(chassis.serial, "FOC1234");
  EXPECT_EQ(chassis.model, "WS-24");
}
TEST(Tables, Lldp) {
  const Oid row = {0, 3, 1};
  EXPECT_EQ(json("lldp", {{{row, natural(4)}},
                          {{row, octets(mac)}},
                          {{row, natural(5)}},
                          {{row, octets("ge-0/0/1")}},
                          {{row, octets("to core")}},
                          {{row, octets("core")}},
                          {{row, octets("Acme OS")}},
                          {{{3}, octets("port3")}},
                          {{{0, 3, 1, 1, 4, 192, 0, 2, 9}, natural(2)}}}),
            R"([{"local_port":"port3","chassis":"00:11:32:00:00:10","port":"ge-0/0/1","port_descr":"to core",)"
            R"("name":"core","descr":"Acme OS","address":"192.0.2.9"}])");
}

}  // namespace
}  // namespace sonde::snmp
