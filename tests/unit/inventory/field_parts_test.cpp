// Which parts of fields are probably slips.
#include "inventory/field_parts.hpp"

#include <gtest/gtest.h>
#include <sonde/plugin.h>

namespace sonde::core {
namespace {

std::string doubt(FieldId field, std::string_view part) {
  return doubt_about_part(FieldTable()[field], part);
}

TEST(FieldParts, ANameThatIsNearlyAUsualOneIsDoubted) {
  EXPECT_EQ(doubt(FieldTable::snmp, "sysNam"), "did you mean 'snmp.sysName'?");
  EXPECT_EQ(doubt(FieldTable::os, "nane"), "did you mean 'os.name'?");
  EXPECT_EQ(doubt(FieldTable::dns, "confirmd"), "did you mean 'dns.confirmed'?");
  for (const char* usual : {"sysName", "sysLocation", "interfaces", "serial"})
    EXPECT_EQ(doubt(FieldTable::snmp, usual), "") << usual;
}

TEST(FieldParts, WhatIsDataMayBeCalledAnything) {
  for (const char* key : {"1.3.6.1.2.1.43.10.2.1.4.1.1", "prtMarkerLifeCount", "upsIdentModel", "x"})
    EXPECT_EQ(doubt(FieldTable::snmp, key), "") << key;
  EXPECT_EQ(doubt(FieldTable::os, "kernel"), "");
  FieldTable table;
  const FieldId own = table.bind_output("tls", "tls.names", SONDE_JSON, SONDE_MAP, false, "").value();
  EXPECT_EQ(doubt_about_part(table[own], "anything"), "");
}

TEST(FieldParts, KeysOfServicesAndBannersHaveAForm) {
  for (const char* key : {"22/tcp", "161/udp", "65535/sctp"}) EXPECT_EQ(doubt(FieldTable::services, key), "") << key;
  EXPECT_EQ(doubt(FieldTable::services, "22"), "did you mean 'services.22/tcp'?");
  for (const char* key : {"ssh", "22/tcp.product", "22/", "0/tcp"})
    EXPECT_EQ(doubt(FieldTable::services, key), "its keys are ports with their protocol, as in services.22/tcp") << key;
  EXPECT_EQ(doubt(FieldTable::banners, "22"), "");
  EXPECT_EQ(doubt(FieldTable::banners, "22/tcp"), "did you mean 'banners.22'?");
  EXPECT_EQ(doubt(FieldTable::banners, "ssh"), "its keys are ports, as in banners.22");
}

}  // namespace
}  // namespace sonde::core
