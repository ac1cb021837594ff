//! How a record is written: a version, then its fields as postcard has them (<https://postcard.jamesmunns.com>).
//!
//! A field that is added, removed or changed makes a new version, and [`read`] takes the old ones as long as there
//! can be files with them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// Of the records this program writes.
const VERSION: u8 = 1;

/// The bytes of a record.
pub(crate) fn write<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_extend(value, vec![VERSION]).expect("records are plain values, and memory takes them")
}

/// The record of these bytes.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, fields)) => {
            postcard::from_bytes(fields).map_err(|error| StoreError::Damaged(error.to_string()))
        }
        Some((version, _)) => Err(StoreError::Damaged(format!("a record of version {version}"))),
        None => Err(StoreError::Damaged("an empty record".to_owned())),
    }
}
