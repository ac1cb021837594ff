//! Tasks that can't take others with them: a panic ends its task, is reported once, and fails a simulated
//! run (SR-54).

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::Rt;

impl Rt {
    /// Starts `task` under a constant name.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let net = self.net.clone();
        // Unwind safety: the task's state is dropped with it; what it shares sits behind locks that are
        // never held across a call that can panic.
        let guarded = AssertUnwindSafe(task).catch_unwind().map(move |end| {
            if let Err(payload) = end {
                net.task_panicked(name, panic_text(payload.as_ref()));
            }
        });
        self.net.spawn(Box::pin(guarded));
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}
