//! prometheus-sd: writes the open ports of each host as targets for Prometheus, in the JSON of its file based service
//! discovery (https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config). An exporter in
//! Rust without crates, to show that the C ABI is all that a language needs.
mod sonde;

use sonde::*;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::net::{IpAddr, Ipv6Addr};
use std::os::raw::{c_char, c_int, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};

const SCHEMA: &str = concat!(
    r#"{"type": "object", "properties": {
  "path": {"type": "string", "x-sonde": "path", "default": "targets.json",
           "description": "file to write; Prometheus reads it under file_sd_configs"},
  "ports": {"type": "array", "x-sonde": "ports",
            "description": "ports that are targets; not given: every open one"},
  "hosts": {"type": "string", "enum": ["responding", "known", "all"], "default": "responding",
            "description": "which hosts are looked at"}}}"#,
    "\0"
);

/// A failure with the text that the user reads.
struct Failure(Err, String);
type Outcome<T> = Result<T, Failure>;

fn io(path: &str) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |e| Failure(E_IO, format!("cannot write {}: {}", path, e))
}

/// Indexes of the fields that are read, where this run has them.
#[derive(Default)]
struct Columns {
    ip: Option<u32>,
    ports: Option<u32>,
    labels: Vec<(u32, &'static str)>,
}
const LABELS: [(&str, &str); 4] = [
    ("hostname", "__meta_sonde_hostname"),
    ("vendor", "__meta_sonde_vendor"),
    ("mac", "__meta_sonde_mac"),
    ("os", "__meta_sonde_os"),
];

struct Instance {
    ctx: *mut Ctx,
    host: *const Host,
    path: String,
    wanted: BTreeSet<u64>,
    columns: Columns,
    part: Option<Part>,
    groups: usize,
}

/// The file as it is written: beside its place, then renamed, so that Prometheus never sees half of it. Goes when it is
/// dropped before.
struct Part {
    path: String,
    file: BufWriter<File>,
}

impl Part {
    /// ".targets.json.PID-N.tmp": never a file that is there, nor one that a link leads to.
    fn beside(path: &str) -> std::io::Result<Part> {
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(f, n)| (&path[..f.len() + 1], n));
        let mut number = 0;
        loop {
            let path = format!("{}.{}.{}-{}.tmp", folder, name, std::process::id(), number);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Part { path, file: BufWriter::new(file) }),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && number < 100 => number += 1,
                Err(e) => return Err(e),
            }
        }
    }
    fn sync(&mut self) -> std::io::Result<()> {
        self.file.flush().and_then(|_| self.file.get_ref().sync_all())
    }
    fn publish(mut self, path: &str) -> std::io::Result<()> {
        self.sync()?;
        fs::rename(&self.path, path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path); // after publish() there is none
    }
}

impl Instance {
    fn host(&self) -> &Host {
        unsafe { &*self.host }
    }

    fn option(ctx: *mut Ctx, host: &Host, pointer: &str, kind: u32) -> Outcome<Value> {
        let mut value = Value::empty();
        match unsafe { (host.option)(ctx, Str::of(pointer), kind, &mut value) } {
            OK => Ok(value),
            e => Err(Failure(e, format!("the option {} cannot be read", pointer))),
        }
    }

    fn new(ctx: *mut Ctx, host: &Host) -> Outcome<Instance> {
        let path = unsafe { Self::option(ctx, host, "/path", TEXT)?.content.s.to_text() };
        let mut wanted = BTreeSet::new();
        for i in 0..unsafe { (host.option_count)(ctx, Str::of("/ports")) } {
            wanted.insert(unsafe { Self::option(ctx, host, &format!("/ports/{}", i), U64)?.content.u });
        }
        Ok(Instance { ctx, host, path, wanted, columns: Columns::default(), part: None, groups: 0 })
    }

    fn open(&mut self, fields: *const Field, count: u32, stride: u32) -> Outcome<()> {
        for i in 0..count {
            // By the host's stride: a later version of the ABI may have longer fields.
            let field = unsafe { &*((fields as *const u8).add(i as usize * stride as usize) as *const Field) };
            let name = unsafe { std::ffi::CStr::from_ptr(field.name) }.to_bytes();
            if name == b"ip" {
                self.columns.ip = Some(i);
            } else if name == b"ports" {
                self.columns.ports = Some(i);
            } else if let Some((_, label)) = LABELS.iter().find(|(known, _)| known.as_bytes() == name) {
                self.columns.labels.push((i, label));
            }
        }
        self.part = Some(Part::beside(&self.path).map_err(io(&self.path))?);
        self.put("[")
    }

    fn put(&mut self, text: &str) -> Outcome<()> {
        let part = self.part.as_mut().ok_or_else(|| Failure(E_FATAL, "write() before open()".into()))?;
        part.file.write_all(text.as_bytes()).map_err(io(&self.path))
    }

    fn items(&self, record: Task, field: u32) -> Vec<Value> {
        let (host, mut out) = (self.host(), Vec::new());
        for i in 0..unsafe { (host.count)(self.ctx, record, field) } {
            let (mut key, mut value) = (Str::EMPTY, Value::empty());
            if unsafe { (host.get)(self.ctx, record, field, i, &mut key, &mut value) } == OK {
                out.push(value);
            }
        }
        out
    }

    fn write(&mut self, record: Task) -> Outcome<()> {
        let (ip_field, ports_field) = match (self.columns.ip, self.columns.ports) {
            (Some(ip), Some(ports)) => (ip, ports),
            _ => return Ok(()), // no stage of this run looks for ports
        };
        let address = match self.items(record, ip_field).first() {
            Some(value) if value.kind == IP => address(unsafe { value.content.ip }),
            _ => return Ok(()),
        };
        let targets: Vec<String> = self
            .items(record, ports_field)
            .iter()
            .filter(|v| v.kind == U64)
            .map(|v| unsafe { v.content.u })
            .filter(|port| self.wanted.is_empty() || self.wanted.contains(port))
            .map(|port| quoted(&format!("{}:{}", address, port)))
            .collect();
        if targets.is_empty() {
            return Ok(());
        }
        let mut labels = Vec::new();
        for (field, label) in &self.columns.labels {
            if let Some(value) = self.items(record, *field).first().filter(|v| v.kind == TEXT) {
                labels.push(format!("{}: {}", quoted(label), quoted(&unsafe { value.content.s.to_text() })));
            }
        }
        let comma = if self.groups > 0 { "," } else { "" };
        self.groups += 1;
        let group = format!("{}\n{{\"targets\": [{}], \"labels\": {{{}}}}}", comma, targets.join(", "), labels.join(", "));
        self.put(&group)
    }

    fn flush(&mut self) -> Outcome<()> {
        match self.part.as_mut() {
            Some(part) => part.sync().map_err(io(&self.path)),
            None => Ok(()),
        }
    }

    fn close(&mut self, commit: bool) -> Outcome<()> {
        if commit && self.part.is_some() {
            self.put("\n]\n")?;
        }
        match self.part.take() {
            Some(part) if commit => part.publish(&self.path).map_err(io(&self.path)),
            _ => Ok(()), // forgotten, or open() failed
        }
    }
}

fn address(octets: [u8; 16]) -> String {
    let v6 = Ipv6Addr::from(octets);
    match v6.to_ipv4() {
        Some(v4) if octets[10] == 0xff && octets[11] == 0xff => IpAddr::V4(v4).to_string(),
        _ => format!("[{}]", v6),
    }
}

/// A JSON string; what names say is a stranger's word.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Every way over the edge: a failure becomes its code and text, a panic ends here.
fn edge<T>(ctx: *mut Ctx, host: *const Host, call: impl FnOnce() -> Outcome<T>) -> Result<T, Err> {
    let Failure(code, why) = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(failure)) => failure,
        Err(_) => Failure(E_FATAL, "the plugin panicked".into()),
    };
    unsafe { ((*host).fail)(ctx, 0, code, Str::of(&why)) };
    Err(code)
}
unsafe fn with<T>(inst: *mut Inst, call: impl FnOnce(&mut Instance) -> Outcome<T>) -> Result<T, Err> {
    let instance = &mut *(inst as *mut Instance);
    let (ctx, host) = (instance.ctx, instance.host);
    edge(ctx, host, || call(instance))
}
fn code(result: Result<(), Err>) -> Err {
    result.err().unwrap_or(OK)
}

unsafe extern "C" fn create(ctx: *mut Ctx, host: *const Host, out: *mut *mut Inst) -> Err {
    code(edge(ctx, host, || {
        let instance = Box::new(Instance::new(ctx, &*host)?);
        *out = Box::into_raw(instance) as *mut Inst;
        Ok(())
    }))
}
unsafe extern "C" fn destroy(inst: *mut Inst) {
    drop(Box::from_raw(inst as *mut Instance));
}
unsafe extern "C" fn open(inst: *mut Inst, fields: *const Field, count: u32, stride: u32) -> Err {
    code(with(inst, |i| i.open(fields, count, stride)))
}
unsafe extern "C" fn write(inst: *mut Inst, records: *const Task, count: u32) -> i32 {
    let records = std::slice::from_raw_parts(records, count as usize);
    match with(inst, |i| records.iter().try_for_each(|record| i.write(*record))) {
        Ok(()) => count as i32,
        Err(e) => e,
    }
}
unsafe extern "C" fn flush(inst: *mut Inst) -> Err {
    code(with(inst, |i| i.flush()))
}
unsafe extern "C" fn close(inst: *mut Inst, commit: c_int) -> Err {
    code(with(inst, |i| i.close(commit != 0)))
}

const fn text(literal: &'static str) -> *const c_char {
    literal.as_ptr() as *const c_char
}
static DESCRIPTOR: Descriptor = Descriptor {
    size: std::mem::size_of::<Descriptor>() as u32,
    kind: KIND_EXPORTER,
    abi_minor: ABI_MINOR,
    min_host_minor: 0,
    id: text("prometheus-sd\0"),
    version: text("1.0.0\0"),
    summary: text("writes open ports as targets of Prometheus\0"),
    license: text("Apache-2.0\0"),
    url: text("\0"),
    options_schema: text(SCHEMA),
    inputs: std::ptr::null(),
    outputs: std::ptr::null(),
    input_count: 0,
    output_count: 0,
    field_size: std::mem::size_of::<Field>() as u32,
    needs: NEED_FILES,
    flags: 0,
    max_batch: 0,
    max_in_flight: 0,
    max_instances: 0,
    timeout_ms: 0,
    reserved: 0,
};
static API: Exporter =
    Exporter { size: std::mem::size_of::<Exporter>() as u32, reserved: 0, open, write, flush, close };
static PLUGIN: Plugin = Plugin {
    size: std::mem::size_of::<Plugin>() as u32,
    reserved: 0,
    desc: &DESCRIPTOR,
    create,
    destroy,
    api: &API as *const Exporter as *const c_void,
    get_extension: None,
};

#[no_mangle]
pub extern "C" fn sonde_plugin_v0(index: u32) -> *const Plugin {
    if index == 0 {
        &PLUGIN
    } else {
        std::ptr::null()
    }
}
