// Elements turned into facts: each shape that nmap and masscan write, and what strangers put into them.
#include "reader.hpp"

#include <gtest/gtest.h>

namespace sonde::nmap_xml {
namespace {

Host host(const std::string& inside, const std::string& attributes = "") {
  auto h = read_host("<host" + attributes + ">" + inside + "</host>");
  EXPECT_TRUE(h.has_value()) << inside;
  return h.value_or(Host{});
}
std::string member(const Port& port, const std::string& name) {
  for (const auto& [key, json] : port.members)
    if (key == name) return json;
  return "(none)";
}

TEST(Reader, AddressesNamesAndTimes) {
  const Host h = host(R"(<status state="up" reason="echo-reply"/><address addr="192.0.2.1" addrtype="ipv4"/>
    <address addr="fe80::1%eth0" addrtype="ipv6"/><address addr="aa:bb:cc:dd:ee:0f" addrtype="mac" vendor="A &amp; B"/>
    <address addr="nonsense" addrtype="ipv4"/><hostnames><hostname name="a.example" type="user"/>
    <hostname name="b.example" type="PTR"/><hostname name="" type="PTR"/></hostnames>)",
                      R"( starttime="100" endtime="200" timedout="true")");
  ASSERT_EQ(h.addresses.size(), 2u);
  EXPECT_EQ(h.addresses[0], *parse_address("192.0.2.1"));
  EXPECT_EQ(h.addresses[1], *parse_address("fe80::1"));
  EXPECT_EQ(h.zone, "");
  EXPECT_EQ(h.mac, "AA:BB:CC:DD:EE:0F");
  EXPECT_EQ(h.vendor, "A & B");
  EXPECT_EQ(h.names, (std::vector<std::pair<std::string, std::string>>{{"user", "a.example"}, {"PTR", "b.example"}}));
  EXPECT_EQ(h.time, 200);
  EXPECT_TRUE(h.timed_out);
}

TEST(Reader, MacsThatAreNone) {
  for (const char* mac : {"", "00:00:00:00:00:00", "aa:bb:cc:dd:ee", "aa:bb:cc:dd:ee:gg", "aa.bb.cc.dd.ee.ff"})
    EXPECT_EQ(host("<address addr='" + std::string(mac) + "' addrtype='mac' vendor='x'/>").vendor, "") << mac;
}

TEST(Reader, PortsAndServices) {
  const Host h = host(R"(<ports><extraports state="filtered" count="995"/><port protocol="tcp" portid="443">
    <state state="open" reason="syn-ack"/><service name="http" product="nginx" version="1.2" extrainfo="x" tunnel="ssl"
    hostname="h" ostype="Linux" devicetype="router" method="probed" conf="10"><cpe>cpe:/a:n</cpe><cpe>cpe:/o:l</cpe>
    </service></port><port protocol="tcp" portid="70000"><state state="open"/></port>
    <port protocol="tcp" portid="-1"><state state="open"/></port><port protocol="tcp" portid="9"/></ports>)");
  ASSERT_EQ(h.ports.size(), 1u);
  const Port& p = h.ports[0];
  EXPECT_EQ(p.key(), "443/tcp");
  EXPECT_EQ(member(p, "tunnel"), "\"ssl\"");
  EXPECT_EQ(member(p, "extra"), "\"x\"");
  EXPECT_EQ(member(p, "os"), "\"Linux\"");
  EXPECT_EQ(member(p, "device"), "\"router\"");
  EXPECT_EQ(member(p, "confidence"), "10");
  EXPECT_EQ(member(p, "cpe"), R"(["cpe:/a:n","cpe:/o:l"])");
  ASSERT_EQ(h.others.size(), 1u);
  EXPECT_EQ(h.others[0].count, 995u);
}

TEST(Reader, ScriptsAsStructuredData) {
  const Host h =
      host(R"(<hostscript><script id="a" output="o&#10;&lt;"><table key="t"><elem>1</elem><elem>2</elem></table>
    <elem key="e">x&amp;y</elem><elem key="e">again</elem><elem>loose</elem></script><script id="b" output=""/>
    <script id="b" output="twice"/><script output="nameless"/></hostscript>)");
  EXPECT_EQ(h.scripts,
            R"({"a":{"output":"o\n<","data":{"t":["1","2"],"e":"x&y","values":["again","loose"]}},"b":{"output":""}})");
}

TEST(Reader, ScriptsBeyondAMebibyteAreNamedAndNothingElse) {
  std::string scripts;
  for (int i = 0; i < 80; ++i)
    scripts += "<script id='s" + std::to_string(i) + "' output='" + std::string(16000, 'x') + "'/>";
  const Host h = host("<hostscript>" + scripts + "<script id='small' output='y'/></hostscript>");
  EXPECT_LT(h.scripts.size(), (1u << 20) + 80 * 40);
  EXPECT_NE(h.scripts.find(R"("s64":{"output":"xxx)"), std::string::npos);
  EXPECT_NE(h.scripts.find(R"("s65":{"truncated":true})"), std::string::npos);
  EXPECT_NE(h.scripts.find(R"("s79":{"truncated":true})"), std::string::npos);
  EXPECT_TRUE(h.scripts.ends_with(R"("small":{"output":"y"}})")) << h.scripts.substr(h.scripts.size() - 80);
}

TEST(Reader, LongScriptOutputIsCutAndSaysSo) {
  const Host h = host("<hostscript><script id='a' output='" + std::string(20000, 'x') + "'/></hostscript>");
  EXPECT_TRUE(h.scripts.ends_with("xxx...\",\"truncated\":true}}"));
  EXPECT_LT(h.scripts.size(), 17000u);
}

TEST(Reader, OperatingSystemsOldAndNew) {
  EXPECT_EQ(host(R"(<os><osclass type="t" vendor="v" osfamily="f" osgen="g" accuracy="100"/>
    <osmatch name="N" accuracy="100"/></os>)")
                .os,
            R"({"name":"N","accuracy":100,"matches":[{"name":"N","accuracy":100}],)"
            R"("classes":[{"type":"t","vendor":"v","family":"f","generation":"g","accuracy":100}]})");
  EXPECT_EQ(
      host(R"(<os><osmatch name="N" accuracy="98"><osclass osfamily="f"><cpe>c</cpe></osclass></osmatch></os>)").os,
      R"({"name":"N","accuracy":98,"cpe":["c"],"matches":[{"name":"N","accuracy":98,)"
      R"("classes":[{"family":"f","cpe":["c"]}]}]})");
  EXPECT_EQ(host("<os><portused state='open'/></os>").os, "");
}

TEST(Reader, TraceDistanceUptime) {
  const Host h = host(R"(<trace port="80" proto="tcp"><hop ttl="1" ipaddr="192.0.2.1" rtt="0.25" host="r"/>
    <hop ttl="2" rtt="--"/></trace><distance value="2"/><uptime seconds="60" lastboot="Mon"/>)");
  EXPECT_EQ(h.trace,
            R"({"protocol":"tcp","port":80,"hops":[{"ttl":1,"ip":"192.0.2.1","host":"r","rtt_ms":0.25},{"ttl":2}]})");
  EXPECT_EQ(h.distance, 2u);
  EXPECT_EQ(h.uptime, R"({"seconds":60,"last_boot":"Mon"})");
}

TEST(Reader, AZoneIsOfTheFirstAddressAlone) {
  const std::string global = "<address addr='2001:db8::1' addrtype='ipv6'/>",
                    local = "<address addr='fe80::1%eth0' addrtype='ipv6'/>";
  EXPECT_EQ(host(global + local).zone, "");
  EXPECT_EQ(host(local + global).zone, "eth0");
}

TEST(Reader, KeysThatAreCutToTheSameAreToldOnce) {
  const std::string key(300, 'k'), kept = std::string(255, 'k') + "...";
  EXPECT_EQ(host("<hostscript><script id='s' output='o'><elem key='" + key + "1'>a</elem><elem key='" + key +
                 "2'>b</elem></script></hostscript>")
                .scripts,
            R"({"s":{"output":"o","data":{")" + kept + R"(":"a","values":["b"]}}})");
}

TEST(Reader, AliveIsWhoAnsweredAndNotWhoWasCalledUp) {
  const auto answered = [](const std::string& inside) { return host(inside).answered(); };
  EXPECT_TRUE(answered("<status state='up' reason='arp-response'/>"));
  EXPECT_FALSE(answered("<status state='up' reason='user-set'/>"));
  EXPECT_FALSE(answered("<status state='down' reason='no-response'/>"));
  EXPECT_FALSE(
      answered("<status state='up' reason='user-set'/><ports><extraports state='filtered' count='9'/>"
               "<port protocol='udp' portid='1'><state state='open|filtered'/></port></ports>"));
  EXPECT_TRUE(answered("<status state='up' reason='user-set'/><ports><extraports state='closed' count='9'/></ports>"));
  EXPECT_TRUE(answered("<ports><port protocol='tcp' portid='1'><state state='open'/></port></ports>"));
}

TEST(Reader, ElementsOfOneHostFold) {
  Host a = host(R"(<address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="80">
    <state state="closed"/></port><port protocol="tcp" portid="22"><state state="open"/></port></ports>)");
  a.merge(host(R"(<address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="22">
    <state state="open"/><service name="ssh" banner="SSH-2.0"/></port><port protocol="tcp" portid="80">
    <state state="open"/></port></ports>)"));
  a.fold_ports();
  ASSERT_EQ(a.ports.size(), 2u);
  EXPECT_EQ(a.ports[0].key(), "22/tcp");
  EXPECT_EQ(a.ports[0].banner, "SSH-2.0");
  EXPECT_EQ(member(a.ports[0], "name"), "\"ssh\"");
  EXPECT_EQ(a.ports[1].state, "open");
}

TEST(Reader, HowItEnded) {
  const RunStats good = read_run_stats("<runstats><finished exit='success'/><hosts total='4'/></runstats>");
  EXPECT_TRUE(good.success);
  EXPECT_EQ(good.total, 4u);
  EXPECT_TRUE(read_run_stats("<runstats><finished time='1'/></runstats>").success);
  const RunStats bad = read_run_stats("<runstats><finished exit='error' errormsg='no route'/></runstats>");
  EXPECT_FALSE(bad.success);
  EXPECT_EQ(bad.error, "no route");
  EXPECT_FALSE(read_run_stats("<runstats/>").success);
}

TEST(Reader, HeadAndNonsense) {
  const Head head = read_head(R"(<nmaprun scanner="nmap" version="7.93" start="1700000000">)");
  EXPECT_EQ(head.scanner + head.version, "nmap7.93");
  EXPECT_EQ(head.start, 1700000000);
  EXPECT_FALSE(read_host("<host><a></host>"));
  EXPECT_FALSE(read_host("<other/>"));
  // Entities are not expanded, whoever declares them.
  EXPECT_EQ(host("<hostscript><script id='&x;' output='&x;'/></hostscript>").scripts, R"({"&x;":{"output":"&x;"}})");
}

}  // namespace
}  // namespace sonde::nmap_xml
