//! Holding a process still: its tasks are not run until it goes on, and what wakes them meanwhile is kept.
//!
//! What it is not: a machine that is off. Its network goes on, so bytes wait for the process as they do in the buffers
//! of a kernel, and its clocks go on, so whatever timer ran out meanwhile is due at once afterwards.
//!
//! Where the worlds differ: a connection opened to a process that stands still is accepted by the kernel in the real
//! world, and then silent; in the simulated one it is not accepted until the process goes on.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::lock;

/// Whether the process of a host is held still.
#[derive(Default)]
pub(crate) struct Pause(Mutex<Held>);

#[derive(Default)]
struct Held {
    still: bool,
    /// Of the tasks that were woken in vain, in that order; never more than there are tasks.
    woken: Vec<Waker>,
}

impl Pause {
    /// Holds the process still.
    pub(crate) fn begin(&self) {
        lock(&self.0).still = true;
    }

    /// Lets it go on. Nothing happens to one that runs.
    pub(crate) fn end(&self) {
        let woken = {
            let mut held = lock(&self.0);
            held.still = false;
            std::mem::take(&mut held.woken)
        };
        woken.into_iter().for_each(Waker::wake);
    }

    fn holds(&self, cx: &Context<'_>) -> bool {
        let mut held = lock(&self.0);
        if held.still && !held.woken.iter().any(|waker| waker.will_wake(cx.waker())) {
            held.woken.push(cx.waker().clone());
        }
        held.still
    }
}

/// Runs `task` as a task of a process that can be held still.
pub(crate) async fn pausable<F: Future>(pause: Arc<Pause>, task: F) -> F::Output {
    let mut task = pin!(task);
    poll_fn(|cx| if pause.holds(cx) { Poll::Pending } else { task.as_mut().poll(cx) }).await
}
