//! Randomness that a seed determines.
//!
//! Ids, the order of hash maps, and tokio's choice among branches come from the system's
//! `getrandom`. A definition in the program goes before that of the C library, also for
//! libraries that look it up by name (`build.rs`); madsim does the same
//! (<https://github.com/madsim-rs/madsim>, `madsim/src/sim/rand.rs`). Each thread has a
//! stream of its own, so that what a pool of threads takes does not change the others'.
#![allow(unsafe_code, reason = "a function of the C library is replaced")]

use std::{
    cell::Cell,
    ffi::{c_uint, c_void},
};

thread_local! {
    /// The same in every thread that has no seed of its own, such as those of a pool.
    static STATE: Cell<u64> = const { Cell::new(1) };
}

thread_local! {
    static IS_SEEDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is that of a simulated world.
pub(crate) fn is_seeded() -> bool {
    IS_SEEDED.get()
}

/// Sets the seed of this thread.
pub(crate) fn seed(seed: u64) {
    STATE.set(seed);
    IS_SEEDED.set(true);
    fastrand::seed(seed);
}

/// `SplitMix64` (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
fn next() -> u64 {
    let state = STATE
        .try_with(|state| {
            let next = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            state.set(next);
            next
        })
        // The thread is ending.
        .unwrap_or(1);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Replaces `getrandom` of the C library (getrandom(2)).
///
/// # Safety
///
/// `buffer` points to `length` bytes that can be written.
#[unsafe(no_mangle)]
#[allow(unreachable_pub, reason = "the linker reaches it")]
pub unsafe extern "C" fn getrandom(buffer: *mut c_void, length: usize, _flags: c_uint) -> isize {
    // SAFETY: the caller vouches for the buffer.
    let bytes = unsafe { std::slice::from_raw_parts_mut(buffer.cast::<u8>(), length) };
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&next().to_le_bytes()[..chunk.len()]);
    }
    isize::try_from(length).unwrap_or(isize::MAX)
}
