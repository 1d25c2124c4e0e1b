"""What each peer prints, read as the set of what it found."""
import json

from macro import micro, peers, profiles, report

NMAP = """# Nmap 7.93 scan initiated as: nmap -sT -oG nmap.txt
Host: 10.66.1.0 ()\tStatus: Up
Host: 10.66.1.0 ()\tPorts: 22/closed/tcp//ssh///, 80/open/tcp//http///\tIgnored State: filtered (3)
Host: 10.66.1.1 (one.lab.example)\tStatus: Up
Host: 10.66.1.1 (one.lab.example)\tPorts: 80/closed/tcp//http///, 8080/open/tcp//http-proxy///
Host: 10.66.1.2 ()\tStatus: Down
"""


def test_one_address_a_line():
    assert peers.first_words("10.66.1.0\n10.66.1.8 \n") == {"10.66.1.0", "10.66.1.8"}
    assert peers.first_words("10.67.1.7\t0c:c4:7a:00:10:00\n") == {"10.67.1.7"}, "arp-scan -q -x"
    assert peers.first_words("10.66.1.0 [public] Lab device\n") == {"10.66.1.0"}, "onesixtyone"
    assert peers.first_words("Scanning 4096 hosts, 1 communities, not 10.66.1.0\n") == set()


def test_nmap():
    assert peers.nmap_up(NMAP) == {"10.66.1.0", "10.66.1.1"}
    assert peers.nmap_open(NMAP, 80) == {"10.66.1.0"}
    assert peers.nmap_open(NMAP, 8080) == {"10.66.1.1"}
    assert peers.nmap_names(NMAP) == {"10.66.1.1"}


def test_nmap_scripts():
    text = ("Nmap scan report for web.lab.example (10.66.1.0)\nPORT   STATE SERVICE\n22/tcp open  ssh\n"
            "|_banner: SSH-2.0-OpenSSH\n\nNmap scan report for 10.66.1.1\n80/tcp open http\n|_http-server-header: nginx\n")
    assert peers.nmap_scripts(text, "banner") == {"10.66.1.0"}
    assert peers.nmap_scripts(text, "http-server-header") == {"10.66.1.1"}


def test_masscan():
    text = "#masscan\nopen icmp 0 10.66.1.0 1700000000\nopen tcp 80 10.66.1.1 1700000001\n# end\n"
    assert peers.masscan_list(text) == {"10.66.1.0", "10.66.1.1"}


def test_dnsperf_counts_answers_and_not_what_was_completed():
    text = "  Queries completed:    65536 (100.00%)\n  Response codes:       NOERROR 65000 (99.18%), NXDOMAIN 536 (0.82%)\n"
    assert peers.dnsperf_completed(text) == 65000
    assert peers.dnsperf_completed("  Response codes:       REFUSED 5 (100.00%)\n") == 0


def test_sonde():
    text = '[{"ip": "10.66.1.0", "alive": true}, {"ip": "10.66.1.1", "alive": false}, {"ip": "10.66.1.2"}]'
    assert peers.sonde_records(text, lambda record: record.get("alive") is True) == {"10.66.1.0"}


def test_google_benchmark():
    text = """{"context": {}, "benchmarks": [
 {"name": "whole_run<Work::done>/targets:65536/real_time", "run_type": "iteration", "real_time": 9.0, "cpu_time": 8.0,
  "time_unit": "ms", "ns": 170.5, "cpu_ns": 150.25},
 {"name": "whole_run<Work::put_done>/targets:65536/real_time", "run_type": "iteration", "real_time": 9.0,
  "cpu_time": 8.0, "time_unit": "ms", "ns": 900.0, "cpu_ns": 800.0},
 {"name": "whole_run<Work::done>/targets:1048576/stages:1/journal:1/shards:1/real_time", "run_type": "iteration",
  "real_time": 9.0, "cpu_time": 8.0, "time_unit": "ms", "ns": 300.0, "cpu_ns": 265.5},
 {"name": "whole_run<Work::silent_later>/targets:1048576/stages:1/journal:1/shards:1/real_time",
  "run_type": "iteration", "real_time": 9.0, "cpu_time": 8.0, "time_unit": "ms", "ns": 120.0, "cpu_ns": 113.0},
 {"name": "lookup", "run_type": "iteration", "real_time": 31.0, "cpu_time": 30.0, "time_unit": "ns"},
 {"name": "start_up/real_time", "run_type": "iteration", "real_time": 7.5, "cpu_time": 0.1, "time_unit": "ms"},
 {"name": "load/manual_time", "run_type": "iteration", "real_time": 5.5, "cpu_time": 0.1, "time_unit": "us"},
 {"name": "put_ports/5", "run_type": "iteration", "real_time": 300.0, "cpu_time": 138.0, "time_unit": "ns",
  "items_per_second": 4.0e7},
 {"name": "export/json", "run_type": "iteration", "real_time": 5.0, "cpu_time": 4.7, "time_unit": "us",
  "ns_a_record": 1151.0},
 {"name": "lookup_mean", "run_type": "aggregate", "real_time": 1.0, "cpu_time": 1.0, "time_unit": "ns"}]}"""
    rows = micro.read(text)
    assert rows[0]["name"] == "whole_run<Work::done>/targets:65536" and rows[0]["wall"] == 170.5
    assert [(row["value"], row.get("goal")) for row in rows] == [
        (150.25, 200), (800.0, None), (265.5, None), (113.0, 200), (30.0, None), (7.5, None), (5.5, None), (25.0, None), (1151.0, None)]
    assert [row["unit"] for row in rows[4:]] == ["ns", "ms", "us", "ns a fact", "ns a record"]


def null_probe(name, ns, shards, **more):
    full = f"whole_run<Work::{name}>/targets:1048576/stages:1/journal:0/shards:{shards}/real_time"
    return {"name": full + more.pop("suffix", ""), "run_name": full, "run_type": "iteration", "real_time": 9.0,
            "cpu_time": 8.0, "time_unit": "ms", "ns": ns, "cpu_ns": 100.0, **more}


def test_two_shards_are_judged_by_wall_time():
    """Both take the same CPU time; only the clock on the wall shows a shard that stood idle."""
    rows = micro.read(json.dumps({"benchmarks": [
        null_probe("done", 100.0, 1), null_probe("done", 55.0, 2), null_probe("target_done", 100.0, 1),
        null_probe("target_done", 99.0, 2), null_probe("put_done", 100.0, 1), null_probe("put_done", 99.0, 2)]}))
    assert [round(row["speedup"], 2) for row in rows if "speedup" in row] == [1.82, 1.01, 1.01]
    assert [report.speedup_verdict(row) for row in rows] == ["", "met (1.6)", "", "missed: 1.6 wanted", "", ""]
    assert report.null_cells(rows[1]) == ["done/targets:1048576/stages:1/journal:0/shards:2", "100", "met (200)", "55",
                                          "1.82 x", "met (1.6)"]


def test_of_repetitions_the_median_counts():
    rows = micro.read(json.dumps({"benchmarks": [
        *[null_probe("done", ns, 1) for ns in (100.0, 500.0, 110.0)],
        null_probe("done", 110.0, 1, suffix="_median", run_type="aggregate", aggregate_name="median"),
        null_probe("done", 236.0, 1, suffix="_mean", run_type="aggregate", aggregate_name="mean")]}))
    assert [row["wall"] for row in rows] == [110.0]


def test_speedups_are_of_the_fastest_repetitions():
    """Whatever takes a processor away for a while makes some of them slower, and none faster."""
    alone, two = null_probe("done", 0, 1), null_probe("done", 0, 2)
    at_once = {**alone, "name": alone["name"].replace("whole_run", "two_runs"),
               "run_name": alone["run_name"].replace("whole_run", "two_runs")}
    rows = micro.read(json.dumps({"benchmarks": [
        *[{**alone, "ns": ns} for ns in (100.0, 101.0, 102.0)], *[{**two, "ns": ns} for ns in (90.0, 95.0, 50.0)],
        *[{**at_once, "ns": ns} for ns in (51.0, 100.0, 100.0)],
        {**two, "run_type": "aggregate", "aggregate_name": "median", "ns": 90.0}]}))
    assert [round(row["speedup"], 2) for row in rows if "speedup" in row] == [2.0, 1.96]
    assert [report.speedup_verdict(row) for row in rows] == ["", "met (1.6)", ""]
    assert [row["goal"] for row in rows] == [200, 200, None]
    assert rows[1]["wall"] == 90.0
    assert report.null_name(rows[2]) == "two runs of done/targets:1048576/stages:1/journal:0/shards:1"


def test_perf():
    text = """# Children      Self  Shared Object      Symbol
# ........  ........  .................  ..................
    70.50%     0.10%  [kernel.kallsyms]  [k] __x64_sys_sendmmsg   -      -
    70.40%     0.10%  [kernel.kallsyms]  [k] __sys_sendmmsg
    70.00%     0.10%  [kernel.kallsyms]  [k] ____sys_sendmsg
    68.00%    12.50%  [kernel.kallsyms]  [k] net_rx_action        -      -
     5.00%     0.00%  [kernel.vmlinux]   [k] asm_exc_page_fault   -      -
    90.25%     3.25%  sonde              [.] sonde::core::Shard::settle(sonde::core::Slot&, unsigned int)  -      -
    40.00%    11.00%  icmp.so            [.] sonde::icmp::(anonymous namespace)::pump(int)
    99.00%     0.00%  libc.so.6          [.] __libc_start_main
     2.50%     2.50%  arp-oui.so         [.] std::__move_merge<__gnu_cxx::__normal<Entry>, Table::build(int)::{lambda(int)#1}>(int)
     2.00%     2.00%  sonde              [.] void std::sort_loop<std::vector<unsigned long, std::allocator<long> > >(int)
"""
    rows = profiles.read(text)
    assert rows == [(70.5, "kernel", "sendmmsg"), (11.0, "icmp.so", "sonde::icmp::pump"), (5.0, "kernel", "page faults"),
                    (3.25, "sonde", "Shard::settle"), (2.5, "arp-oui.so", "std::__move_merge"), (2.0, "sonde", "void std::sort_loop")]
    assert profiles.shares(rows) == {"kernel": 75.5, "icmp.so": 11.0, "sonde": 5.25, "arp-oui.so": 2.5}
