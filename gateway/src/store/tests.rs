//! The proof of rule 8: whenever the process dies or the power goes, between any two writes of the disk or in the
//! middle of one, everything that was acknowledged is there afterwards, and each change is there whole or not at all.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateway_rt::Disk as _;
use gateway_rt::disk::memory::{Ending, MemoryDisk};

use super::*;

const PATH: &str = "/var/lib/gateway/state";

fn path() -> &'static Path {
    Path::new(PATH)
}

fn put(area: Area, key: u8, value: Vec<u8>) -> Change {
    Change::Put(Record { area, key: vec![key; 32], value })
}

/// Log-ins, uses, log-outs and a table that is saved anew, with records of very different sizes.
fn workload() -> Vec<Vec<Change>> {
    let record = |n: u8| vec![n; 40 + usize::from(n) * 97 % 3000];
    let mut all: Vec<Vec<Change>> = (0..12)
        .map(|n| {
            vec![
                put(Area::Sessions, n, record(n)),
                put(Area::About, 0, vec![n]),
                Change::Remove { area: Area::Sessions, key: vec![n.wrapping_sub(5); 32] },
                put(Area::Lockouts, n % 3, record(n.wrapping_mul(7))),
            ]
        })
        .collect();
    let anew = (30..45).map(|n| put(Area::Sessions, n, record(n)));
    all.push(std::iter::once(Change::Clear(Area::Sessions)).chain(anew).collect());
    all.push(vec![put(Area::Tickets, 1, record(9))]);
    all
}

/// What a store holds that does all of `changes`: as a list would do it.
fn naive<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for change in changes {
        match change {
            Change::Put(record) => {
                records.retain(|known| (known.area, &known.key) != (record.area, &record.key));
                records.push(record.clone());
            }
            Change::Remove { area, key } => records.retain(|known| (known.area, &known.key) != (*area, key)),
            Change::Clear(area) => records.retain(|known| known.area != *area),
        }
    }
    records.sort();
    records
}

/// Without what the store keeps about itself.
fn sorted(store: &Embedded) -> Vec<Record> {
    let mut records = store.load().unwrap();
    records.retain(|record| record.area != Area::About || record.key.len() == 32);
    records.sort();
    records
}

fn open(disk: &MemoryDisk) -> Result<Embedded, StoreError> {
    Embedded::open(Arc::new(disk.clone()), path())
}

/// A small generator with a seed: which sectors survive.
fn dice(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below.max(1)
    }
}

#[test]
fn whatever_was_acknowledged_survives_every_moment_of_every_write() {
    let disk = MemoryDisk::default();
    let store = open(&disk).unwrap();
    let workload = workload();
    // How many acts of the disk each commit had seen done when it returned.
    let mut acknowledged = vec![disk.acts(path())];
    for changes in &workload {
        store.commit(changes).unwrap();
        acknowledged.push(disk.acts(path()));
    }
    let states: Vec<_> = (0..=workload.len()).map(|n| naive(workload[..n].iter().flatten())).collect();
    let last = disk.acts(path());
    assert!(last > 10 * workload.len(), "{last} moments are too few to mean anything");
    for done in 0..=last {
        let safe = acknowledged.iter().rposition(|acts| *acts <= done);
        let seeds = [Ending::PowerLoss, Ending::PowerLoss, Ending::Killed];
        for (seed, how) in seeds.into_iter().enumerate() {
            let after = disk.ended_after(path(), done, how, &mut dice((done * 3 + seed) as u64));
            let found = sorted(&open(&after).unwrap_or_else(|error| panic!("after {done} acts: {error}")));
            let first = safe.unwrap_or(0);
            let next = (first + 1).min(workload.len());
            let whole = found == states[first] || found == states[next];
            assert!(whole, "after {done} acts and {how:?}: neither commit {first} nor {next}");
        }
    }
}

#[test]
fn what_was_opened_after_a_crash_goes_on() {
    let disk = MemoryDisk::default();
    open(&disk).unwrap().commit(&workload()[0]).unwrap();
    disk.end(Ending::PowerLoss, &mut |below| below - 1);
    let store = open(&disk).unwrap();
    assert_eq!(sorted(&store), naive(workload()[0].iter()));
    store.commit(&workload()[1]).unwrap();
    assert_eq!(sorted(&store), naive(workload()[..2].iter().flatten()));
}

#[test]
fn a_disk_that_fails_is_told_and_tried_again() {
    let disk = MemoryDisk::default();
    let store = open(&disk).unwrap();
    disk.end(Ending::Killed, &mut |below| below - 1);
    // The handle is dead: as when a disk goes away.
    assert!(matches!(store.commit(&workload()[0]), Err(StoreError::Write(_))));
    store.commit(&workload()[0]).unwrap();
    assert_eq!(sorted(&store), naive(workload()[0].iter()));
}

#[test]
fn a_damaged_file_is_moved_away_and_never_believed() {
    let disk = MemoryDisk::default();
    let store = open(&disk).unwrap();
    workload().iter().for_each(|changes| store.commit(changes).unwrap());
    let whole = sorted(&store);
    drop(store);
    let size = usize::try_from(disk.open(path()).unwrap().size().unwrap()).unwrap();
    let mut noticed = 0;
    for offset in (512..size).step_by(4096 / 3) {
        let spoilt = disk.ended_after(path(), usize::MAX, Ending::Killed, &mut |_| 0);
        spoilt.spoil(path(), offset);
        match open(&spoilt) {
            // A page that nobody uses.
            Ok(store) => assert_eq!(sorted(&store), whole, "byte {offset}"),
            Err(StoreError::Damaged(_)) => {
                noticed += 1;
                let aside = quarantine(&spoilt, path()).unwrap();
                assert_eq!(aside, Path::new("/var/lib/gateway/state.damaged"));
                assert!(sorted(&open(&spoilt).unwrap()).is_empty());
            }
            Err(other) => panic!("byte {offset}: {other}"),
        }
    }
    assert!(noticed > 0, "no byte mattered");
}

#[test]
fn a_file_that_is_something_else_is_left_alone() {
    let disk = MemoryDisk::default();
    disk.open(path()).unwrap().write_at(0, b"fqdn = 'gateway.example.com'").unwrap();
    assert!(matches!(open(&disk), Err(StoreError::Foreign { .. })));
    assert_eq!(disk.open(path()).unwrap().size().unwrap(), 28);
}

#[test]
fn a_file_of_a_later_version_is_left_alone() {
    let disk = MemoryDisk::default();
    let later = Record { area: Area::About, key: b"format".to_vec(), value: write(&7_u32) };
    open(&disk).unwrap().commit(&[Change::Put(later)]).unwrap();
    assert!(matches!(open(&disk), Err(StoreError::Newer { format: 7, .. })));
}

#[test]
fn a_clock_that_was_set_back_adds_nothing() {
    let clock = Clock { gateway: Duration::from_secs(100), wall: Duration::from_secs(1_000) };
    assert_eq!(clock.resume(Duration::from_secs(1_030)), Duration::from_secs(130));
    assert_eq!(clock.resume(Duration::from_secs(10)), Duration::from_secs(100));
    let years = Duration::from_secs(400 * 24 * 3600);
    assert_eq!(clock.resume(years), Duration::from_secs(100) + crate::limits::RESTART_GAP_MAX);
}
