//! The part of sonde's C ABI that an exporter needs, declared by hand from sonde/plugin.h and sonde/exporter.h. Sizes and
//! offsets are asserted while compiling: they are the numbers of the C headers on machines with 64 bit pointers.
#![allow(dead_code)]
use std::os::raw::{c_char, c_int, c_void};

pub const ABI_MINOR: u32 = 0;

pub type Err = i32;
pub const OK: Err = 0;
pub const E_INVALID: Err = -1;
pub const E_IO: Err = -9;
pub const E_FATAL: Err = -11;
pub const E_ABSENT: Err = -12;

pub const KIND_EXPORTER: u32 = 2;
pub const NEED_FILES: u32 = 4;

pub const BOOL: u32 = 1;
pub const I64: u32 = 2;
pub const U64: u32 = 3;
pub const TEXT: u32 = 5;
pub const IP: u32 = 7;

pub type Task = u64;
#[repr(C)]
pub struct Ctx {
    private: [u8; 0],
}

/// Pointer and length; what the host hands out lives until the callback returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub ptr: *const c_char,
    pub len: usize,
}
impl Str {
    pub fn of(text: &str) -> Str {
        Str { ptr: text.as_ptr() as *const c_char, len: text.len() }
    }
    pub const EMPTY: Str = Str { ptr: std::ptr::null(), len: 0 };
    /// # Safety
    /// The view must still be alive.
    pub unsafe fn to_text(self) -> String {
        if self.ptr.is_null() {
            return String::new();
        }
        String::from_utf8_lossy(std::slice::from_raw_parts(self.ptr as *const u8, self.len)).into_owned()
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union Content {
    pub i: i64,
    pub u: u64,
    pub f: f64,
    pub s: Str,
    pub ip: [u8; 16],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Value {
    pub kind: u32,
    pub flags: u32,
    pub content: Content,
}
impl Value {
    pub const fn empty() -> Value {
        Value { kind: 0, flags: 0, content: Content { ip: [0; 16] } }
    }
}

#[repr(C)]
pub struct Field {
    pub name: *const c_char,
    pub kind: u32,
    pub shape: u32,
    pub flags: u32,
    pub reserved: u32,
    pub help: *const c_char,
}

#[repr(C)]
pub struct Descriptor {
    pub size: u32,
    pub kind: u32,
    pub abi_minor: u32,
    pub min_host_minor: u32,
    pub id: *const c_char,
    pub version: *const c_char,
    pub summary: *const c_char,
    pub license: *const c_char,
    pub url: *const c_char,
    pub options_schema: *const c_char,
    pub inputs: *const Field,
    pub outputs: *const Field,
    pub input_count: u32,
    pub output_count: u32,
    pub field_size: u32,
    pub needs: u32,
    pub flags: u32,
    pub max_batch: u32,
    pub max_in_flight: u32,
    pub max_instances: u32,
    pub timeout_ms: u32,
    pub reserved: u32,
}

/// The host's table. Functions that an exporter never calls are pointers without a type.
#[repr(C)]
pub struct Host {
    pub size: u32,
    pub abi_minor: u32,
    pub name: *const c_char,
    pub version: *const c_char,
    pub get_extension: *const c_void,
    pub log_enabled: *const c_void,
    pub log: *const c_void,
    pub fail: unsafe extern "C" fn(*mut Ctx, Task, Err, Str),
    pub now: *const c_void,
    pub place: *const c_void,
    pub option: unsafe extern "C" fn(*mut Ctx, Str, u32, *mut Value) -> Err,
    pub option_count: unsafe extern "C" fn(*mut Ctx, Str) -> u32,
    pub option_key: *const c_void,
    pub target: *const c_void,
    pub deadline: *const c_void,
    pub cancelled: *const c_void,
    pub attach: *const c_void,
    pub count: unsafe extern "C" fn(*mut Ctx, Task, u32) -> u32,
    pub get: unsafe extern "C" fn(*mut Ctx, Task, u32, u32, *mut Str, *mut Value) -> Err,
    pub put: *const c_void,
    pub done: *const c_void,
    pub dial: *const c_void,
    pub hangup: *const c_void,
    pub connect: *const c_void,
    pub admit: *const c_void,
    pub raw: *const c_void,
    pub pace: *const c_void,
    pub watch: *const c_void,
    pub rewatch: *const c_void,
    pub unwatch: *const c_void,
    pub timer: *const c_void,
    pub untimer: *const c_void,
    pub wake: *const c_void,
    pub document: *const c_void,
}

/// What create() returns; the host never looks inside.
#[repr(C)]
pub struct Inst {
    private: [u8; 0],
}

#[repr(C)]
pub struct Exporter {
    pub size: u32,
    pub reserved: u32,
    pub open: unsafe extern "C" fn(*mut Inst, *const Field, u32, u32) -> Err,
    pub write: unsafe extern "C" fn(*mut Inst, *const Task, u32) -> i32,
    pub flush: unsafe extern "C" fn(*mut Inst) -> Err,
    pub close: unsafe extern "C" fn(*mut Inst, c_int) -> Err,
}

#[repr(C)]
pub struct Plugin {
    pub size: u32,
    pub reserved: u32,
    pub desc: *const Descriptor,
    pub create: unsafe extern "C" fn(*mut Ctx, *const Host, *mut *mut Inst) -> Err,
    pub destroy: unsafe extern "C" fn(*mut Inst),
    pub api: *const c_void,
    pub get_extension: Option<unsafe extern "C" fn(*const c_char) -> *const c_void>,
}
// Only pointers to constant data.
unsafe impl Sync for Descriptor {}
unsafe impl Sync for Exporter {}
unsafe impl Sync for Plugin {}

macro_rules! sizes {
    ($($type:ty = $bytes:expr),* $(,)?) => { $(const _: () = assert!(std::mem::size_of::<$type>() == $bytes);)* };
}
#[cfg(target_pointer_width = "64")]
sizes!(Str = 16, Value = 24, Field = 32, Descriptor = 120, Host = 264, Exporter = 40, Plugin = 48);
