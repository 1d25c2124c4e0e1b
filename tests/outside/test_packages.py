"""The Debian packages: what is in them, what they depend on, and that a plugin can be built from them alone."""
import os
import pathlib
import re
import shutil

import pytest

from conftest import BUILD, CMAKE, SOURCE, Installation, exported, run

CPACK = pathlib.Path(CMAKE).with_name("cpack")


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    # Speed matters here and not size; what is packed is the same.
    run(CPACK, "-G", "DEB", "-B", folder, "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip", cwd=BUILD)
    found = {p.name.split("_")[0]: p for p in folder.glob("*.deb")}
    assert sorted(found) == ["sonde", "sonde-sdk"]
    return found


@pytest.fixture(scope="module")
def extracted(packages, tmp_path_factory):
    root = tmp_path_factory.mktemp("root") / "clean"
    for package in packages.values():
        run("dpkg-deb", "-x", package, root)
    return Installation(root / "usr")


def field(package, name):
    return run("dpkg-deb", "-f", package, name).strip()


def files(package):
    lines = run("dpkg-deb", "-c", package).splitlines()
    return {line.split()[5].removeprefix("."): line.split() for line in lines if not line.startswith("d")}


def test_dependencies(packages):
    version = field(packages["sonde"], "Version")
    depends = field(packages["sonde"], "Depends")
    # What the command links, and what the plugins do.
    for library in ("libc6", "libstdc++6", "libyaml-cpp", "libc-ares2", "libssl3", "libcap-ng0"):
        assert library in depends, depends
    assert field(packages["sonde"], "Recommends") == "ieee-data"
    assert field(packages["sonde"], "Suggests") == "nmap"
    # Both are of this machine: the SDK names the directory of this machine's plugins.
    machine = run("dpkg", "--print-architecture").strip()
    assert [field(packages[p], "Architecture") for p in ("sonde", "sonde-sdk")] == [machine, machine]
    assert field(packages["sonde-sdk"], "Depends") == f"sonde (= {version})"


def test_contents(packages):
    command, sdk = files(packages["sonde"]), files(packages["sonde-sdk"])
    assert not set(command) & set(sdk), "a file is in both"
    for path in ("/usr/bin/sonde", "/usr/lib/sonde/plugins-0/icmp.so", "/usr/lib/sonde/plugins-0/json.so",
                 "/usr/share/sonde/pipelines/inventory.sonde.yaml", "/usr/share/sonde/schemas/pipeline.schema.json",
                 "/usr/share/doc/sonde/copyright", "/usr/share/doc/sonde/README.md", "/usr/share/doc/sonde/docs/operations.md",
                 "/usr/share/doc/sonde/docs/plugins.md", "/usr/share/doc/sonde/sdk/ABI.md"):
        assert path in command, path
    for path in ("/usr/include/sonde/plugin.h", "/usr/include/sonde/plugin.hpp", "/usr/include/sonde/detail/async.hpp",
                 "/usr/lib/cmake/sonde/sondeConfig.cmake", "/usr/lib/pkgconfig/sonde.pc",
                 "/usr/share/sonde/template/probe/c/plugin.c",
                 "/usr/share/doc/sonde-sdk/examples/mdns/plugin.c", "/usr/share/doc/sonde-sdk/examples/tls-cert/CMakeLists.txt",
                 "/usr/share/doc/sonde-sdk/copyright"):
        assert path in sdk, path
    for path, (mode, owner, *_) in {**command, **sdk}.items():
        assert owner == "root/root" and mode[5] == "-" and mode[8] == "-", f"{path}: {mode} {owner}"
    shipped = {p.name for p in (BUILD / "lib/sonde/plugins-0").glob("*.so")}
    assert {pathlib.Path(p).name for p in command if "/plugins-0/" in p} == shipped


def broken_links(page):
    """Links of a page to files that are not there, or to headings that nobody has."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        other = page.parent / path if path else page
        if not other.exists():
            yield f"{page}: {link}"
        elif heading:
            names = re.findall(r"^#+ (.*)$", other.read_text(encoding="utf-8"), re.MULTILINE)
            if heading not in {re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in names}:
                yield f"{page}: {link}"


def test_the_links_of_the_documentation(extracted):
    pages = sorted((extracted.prefix / "share/doc/sonde").rglob("*.md"))
    assert len(pages) > 15
    assert not [broken for page in pages for broken in broken_links(page)]


def test_the_unit_of_systemd_starts_what_the_package_installs(packages):
    command, = re.findall(r"^ExecStart=(\S+)", (SOURCE / "docs/operations.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert command in files(packages["sonde"])


def test_the_installed_tree_works_where_it_is_extracted(extracted, tmp_path):
    said = extracted.command("create", "rdns,tcp-banner/csv,json", "--output", "lan.sonde.yaml", work=tmp_path)
    assert said == ""
    assert "valid: 2 stages, 2 outputs" in extracted.command("validate", "lan.sonde.yaml", work=tmp_path)


def test_a_plugin_from_the_packages_alone(extracted, project, tmp_path):
    library = extracted.build(project("hello-probe")) / "hello.so"
    assert exported(library) == ["sonde_plugin_v0"]
    assert "hello" in extracted.command("describe", "hello", "--plugin-path", library.parent, work=tmp_path)


def test_pkg_config(extracted, project):
    folder = project("hello-c")
    environment = {**extracted.environment(folder), "PKG_CONFIG_PATH": str(extracted.prefix / "lib/pkgconfig")}
    run("make", "-s", "-C", folder, f"CC={os.environ['CC']}", env=environment)
    assert exported(folder / "hello-c.so") == ["sonde_plugin_v0"]
    directory = run("pkg-config", "--variable=plugindir", "sonde", env=environment).strip()
    assert os.path.samefile(directory, extracted.prefix / "lib/sonde/plugins-0")
    shutil.copy(folder / "hello-c.so", directory)
    try:
        assert "hello-c" in extracted.command("list", work=folder)
    finally:
        (pathlib.Path(directory) / "hello-c.so").unlink()
