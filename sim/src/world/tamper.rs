//! What is done to the bytes of streams on their way: arriving in pieces, ending too early, one bit turned over.

use std::borrow::Cow;

/// What is ordered for all streams of one direction.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tampering {
    /// Most bytes that arrive at a time, at least one.
    pub(super) slice: Option<usize>,
    truncate: Place,
    flip: Place,
}

/// A place in every stream, counted from the order on.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Which order it is, so that a stream tells a new one from the one it has counted for.
    order: u64,
    bytes: Option<u64>,
}

impl Place {
    fn set(&mut self, bytes: Option<u64>) {
        *self = Self { order: self.order + 1, bytes };
    }
}

impl Tampering {
    /// Streams arrive in pieces of at most so many bytes; `None`: as they were sent.
    pub(crate) fn slice(&mut self, bytes: Option<usize>) {
        self.slice = bytes.map(|bytes| bytes.max(1));
    }

    pub(crate) fn is_sliced(&self) -> bool {
        self.slice.is_some()
    }

    /// Streams end after so many bytes more; `None`: where they end.
    pub(crate) fn truncate(&mut self, bytes: Option<u64>) {
        self.truncate.set(bytes);
    }

    /// The last bit of the n-th byte from here, from 1, is turned over in every stream; `None`: of none.
    pub(crate) fn flip(&mut self, nth: Option<u64>) {
        self.flip.set(nth.map(|nth| nth.saturating_sub(1)));
    }
}

/// How far one direction of one stream has come since the orders that hold for it.
#[derive(Default)]
pub(crate) struct Progress {
    truncate: Passed,
    flip: Passed,
}

#[derive(Default)]
struct Passed {
    order: u64,
    bytes: u64,
}

impl Passed {
    /// How many bytes there are to a place; `None` when there is none, or it is behind.
    fn left(&mut self, place: Place) -> Option<u64> {
        if self.order != place.order {
            *self = Self { order: place.order, bytes: 0 };
        }
        place.bytes.and_then(|bytes| bytes.checked_sub(self.bytes))
    }
}

impl Progress {
    /// How many of the next bytes pass at a time, and how many until the stream ends, if something ends it.
    pub(crate) fn next(&mut self, orders: Tampering) -> (usize, Option<usize>) {
        let left = self.left(orders);
        (orders.slice.unwrap_or(usize::MAX).min(left.unwrap_or(usize::MAX)), left)
    }

    fn left(&mut self, orders: Tampering) -> Option<usize> {
        self.truncate.left(orders.truncate).map(|left| usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// The next bytes as they arrive.
    pub(crate) fn flipped<'b>(&mut self, orders: Tampering, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let place = self.flip.left(orders.flip).and_then(|left| usize::try_from(left).ok());
        let mut bytes = Cow::Borrowed(bytes);
        if let Some(place) = place.filter(|place| *place < bytes.len())
            && let Some(byte) = bytes.to_mut().get_mut(place)
        {
            *byte ^= 1;
        }
        bytes
    }

    /// So many bytes have passed.
    pub(crate) fn passed(&mut self, bytes: usize) {
        self.truncate.bytes += bytes as u64;
        self.flip.bytes += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_their_order() {
        let (mut orders, mut progress) = (Tampering::default(), Progress::default());
        assert_eq!(progress.left(orders), None);
        progress.passed(100);
        orders.truncate(Some(5));
        assert_eq!(progress.left(orders), Some(5));
        progress.passed(5);
        assert_eq!(progress.left(orders), Some(0));
        orders.truncate(Some(7));
        assert_eq!(progress.left(orders), Some(7));
        orders.truncate(None);
        assert_eq!(progress.left(orders), None);
    }

    #[test]
    fn one_byte_is_flipped_once() {
        let (mut orders, mut progress) = (Tampering::default(), Progress::default());
        orders.flip(Some(3));
        let mut arrived = Vec::new();
        for piece in [&b"aa"[..], b"aa", b"aa"] {
            arrived.extend_from_slice(&progress.flipped(orders, piece));
            progress.passed(piece.len());
        }
        assert_eq!(arrived, b"aa`aaa");
    }
}
