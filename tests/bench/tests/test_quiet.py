"""What the bench says of a machine that had other things to do."""
from macro import quiet, report


def stat(user, idle, stolen):
    return quiet.times(f"cpu  {user} 0 0 {idle} 0 0 0 {stolen} 0 0\ncpu0 1 2 3\n")


def watched(*looks):
    looks = iter(looks)
    watch = quiet.Watch(stat=lambda: next(looks), wait=lambda seconds: None)
    return watch.end()


def test_a_machine_at_rest():
    seen = watched(stat(0, 0, 0), stat(1, 99, 0), stat(1, 99, 0), stat(900, 199, 1), stat(900, 199, 1), stat(902, 297, 1))
    assert seen == {"busy": 0.02, "stolen": 0.001}
    assert quiet.warning(seen) == ""


def test_strangers_before_or_after_and_a_hypervisor_that_keeps_time_back():
    before = watched(stat(0, 0, 0), stat(40, 60, 0), stat(40, 60, 0), stat(40, 60, 0), stat(40, 60, 0), stat(40, 160, 0))
    after = watched(stat(0, 0, 0), stat(0, 100, 0), stat(0, 100, 0), stat(0, 100, 0), stat(0, 100, 0), stat(40, 160, 0))
    assert before["busy"] == after["busy"] == 0.4
    assert quiet.warning(before) == ("Not a quiet machine: others took 40% of the processors' time before or after "
                                     "this case.")
    stolen = watched(stat(0, 0, 0), stat(0, 100, 0), stat(0, 100, 0), stat(0, 180, 20), stat(0, 180, 20), stat(0, 280, 20))
    assert stolen == {"busy": 0.0, "stolen": 0.2}
    assert quiet.warning(stolen) == ("Not a quiet machine: the hypervisor kept 20% of the processors' time back "
                                     "meanwhile.")


def test_results_of_before_have_no_such_word():
    assert quiet.warning({}) == ""


def test_this_machine_can_be_looked_at():
    seen = quiet.Watch(wait=lambda seconds: None).end()
    assert 0 <= seen["busy"] <= 1 and 0 <= seen["stolen"] <= 1


def test_the_reader_is_told():
    case = {"rows": [], "quiet": {"busy": 0.3, "stolen": 0.0}}
    assert report.words_below(case) == ["Not a quiet machine: others took 30% of the processors' time before or after "
                                        "this case."]
