//! Messages that wait for their collector: bounded, the oldest makes room, and what was dropped is counted.
//!
//! The youngest are kept because whoever looks at a log after a failure begins at its end.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::limits::COLLECTOR_QUEUE_MESSAGES_MAX;

/// The queue. One waits at its end, anybody may push.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    pushed: Notify,
    emptied: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<String>,
    /// Numbers of all messages, the dropped ones too.
    sequence: u64,
    dropped: u64,
    /// One is being sent.
    sending: bool,
}

impl Queue {
    /// Appends what `write` makes of the message's number.
    pub(super) fn push(&self, write: impl FnOnce(u64) -> String) {
        let mut state = self.lock();
        state.sequence += 1;
        let message = write(state.sequence);
        if state.waiting.len() >= COLLECTOR_QUEUE_MESSAGES_MAX {
            state.waiting.pop_front();
            state.dropped += 1;
        }
        state.waiting.push_back(message);
        drop(state);
        self.pushed.notify_one();
    }

    /// The oldest message. Say what became of it: [`Self::sent`] or [`Self::put_back`].
    pub(super) async fn next(&self) -> String {
        loop {
            let next = {
                let mut state = self.lock();
                let next = state.waiting.pop_front();
                state.sending = next.is_some();
                next
            };
            match next {
                Some(message) => return message,
                None => self.pushed.notified().await,
            }
        }
    }

    /// The message is on its way.
    pub(super) fn sent(&self) {
        let mut state = self.lock();
        state.sending = false;
        if state.waiting.is_empty() {
            self.emptied.notify_one();
        }
    }

    /// The message is not: it is the next one again.
    pub(super) fn put_back(&self, message: String) {
        let mut state = self.lock();
        state.sending = false;
        state.waiting.push_front(message);
    }

    /// How many were dropped since this was last asked.
    pub(super) fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }

    /// Completes when nothing waits any more.
    pub(super) async fn emptied(&self) {
        while !self.is_empty() {
            self.emptied.notified().await;
        }
    }

    fn is_empty(&self) -> bool {
        let state = self.lock();
        state.waiting.is_empty() && !state.sending
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_make_room_and_are_counted() {
        let queue = Queue::default();
        for _ in 0..COLLECTOR_QUEUE_MESSAGES_MAX + 2 {
            queue.push(|number| number.to_string());
        }
        assert_eq!((queue.take_dropped(), queue.take_dropped()), (2, 0));
        let third = queue.next().await;
        assert_eq!(third, "3");
        queue.put_back(third);
        assert_eq!(queue.next().await, "3");
        queue.sent();
        assert_eq!(queue.next().await, "4");
    }
}
