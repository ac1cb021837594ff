//! The store in one file: redb on a disk of the seam.
//!
//! redb writes copies and switches over with one small write, so that a change is there whole or not at all; every
//! page is check-summed, and all are checked when the file is opened. Commits have two phases: names that strangers
//! type are in the records, and with one phase redb relies on nobody choosing its checksums.
//!
//! A disk that failed once may come back: after an error the file is opened anew for the next change.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gateway_rt::Disk;
use gateway_rt::disk::File;
use redb::{Database, DatabaseError, Error, ReadableTable, StorageBackend, StorageError, TableDefinition};

use super::{Area, Change, Record, Store, StoreError};
use crate::limits::STORE_CACHE_BYTES;

/// Of the file. Records have versions of their own.
const FORMAT: u32 = 1;
/// Where it stands.
const FORMAT_KEY: &[u8] = b"format";
/// How redb's files begin; what begins with nothing but zeros was never finished.
const MAGIC: &[u8] = b"redb";

/// The store in a file.
pub(crate) struct Embedded {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// None after a failure.
    database: Mutex<Option<Database>>,
}

impl Embedded {
    /// Opens the file, or makes it.
    pub(crate) fn open(disk: Arc<dyn Disk>, path: &Path) -> Result<Self, StoreError> {
        let database = open(disk.as_ref(), path)?;
        let store = Self { disk, path: path.to_owned(), database: Mutex::new(Some(database)) };
        let about = store.load()?;
        let format = about.iter().find(|record| record.area == Area::About && record.key == FORMAT_KEY);
        match format.map(|record| super::read::<u32>(&record.value)).transpose()? {
            Some(FORMAT) => {}
            Some(format) => return Err(StoreError::Newer { path: store.path.clone(), format }),
            None => store.commit(&[Change::Put(Record {
                area: Area::About,
                key: FORMAT_KEY.to_vec(),
                value: super::write(&FORMAT),
            })])?,
        }
        Ok(store)
    }

    fn with<T>(&self, act: impl FnOnce(&Database) -> Result<T, Error>) -> Result<T, StoreError> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match database.take() {
            Some(open) => open,
            None => open_again(self.disk.as_ref(), &self.path)?,
        };
        let done = act(&open).map_err(|error| match error {
            Error::Corrupted(why) => StoreError::Damaged(why),
            error => StoreError::Write(error.to_string()),
        })?;
        *database = Some(open);
        Ok(done)
    }
}

impl Store for Embedded {
    fn is_durable(&self) -> bool {
        true
    }

    fn load(&self) -> Result<Vec<Record>, StoreError> {
        self.with(|database| {
            let reading = redb::ReadableDatabase::begin_read(database)?;
            let mut records = Vec::new();
            for area in Area::ALL {
                let table = match reading.open_table(table(area)) {
                    Ok(table) => table,
                    Err(redb::TableError::TableDoesNotExist(_)) => continue,
                    Err(error) => return Err(error.into()),
                };
                for entry in table.iter()? {
                    let (key, value) = entry?;
                    let (key, value) = (key.value().to_vec(), value.value().to_vec());
                    records.push(Record { area, key, value });
                }
            }
            Ok(records)
        })
    }

    fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        self.with(|database| {
            let mut writing = database.begin_write()?;
            writing.set_two_phase_commit(true);
            for change in changes {
                match change {
                    Change::Put(Record { area, key, value }) => {
                        writing.open_table(table(*area))?.insert(key.as_slice(), value.as_slice())?;
                    }
                    Change::Remove { area, key } => {
                        writing.open_table(table(*area))?.remove(key.as_slice())?;
                    }
                    Change::Clear(area) => _ = writing.delete_table(table(*area))?,
                }
            }
            Ok(writing.commit()?)
        })
    }
}

/// Moves a file away in which something is damaged, for somebody to look at. Says where to.
pub(crate) fn quarantine(disk: &dyn Disk, path: &Path) -> Result<PathBuf, StoreError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".damaged");
    let aside = PathBuf::from(aside);
    disk.rename(path, &aside).map_err(|why| StoreError::Open { path: aside.clone(), why })?;
    Ok(aside)
}

const fn table(area: Area) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(area.name())
}

fn open(disk: &dyn Disk, path: &Path) -> Result<Database, StoreError> {
    let refused = |why| StoreError::Open { path: path.to_owned(), why };
    let file = disk.open(path).map_err(refused)?;
    let mut begins = [0; MAGIC.len()];
    let size = file.size().map_err(refused)?;
    if size >= begins.len() as u64 {
        file.read_at(0, &mut begins).map_err(refused)?;
    }
    if size > 0 && begins != *MAGIC {
        if begins != [0; MAGIC.len()] {
            return Err(StoreError::Foreign { path: path.to_owned() });
        }
        // Nothing was ever acknowledged from it: its making was interrupted.
        file.resize(0).map_err(refused)?;
    }
    database(Backend(file)).map_err(|error| match error {
        DatabaseError::Storage(StorageError::Io(why)) if why.kind() != io::ErrorKind::InvalidData => {
            refused(why)
        }
        error => StoreError::Damaged(error.to_string()),
    })
}

fn open_again(disk: &dyn Disk, path: &Path) -> Result<Database, StoreError> {
    open(disk, path).map_err(|error| StoreError::Write(error.to_string()))
}

fn database(backend: Backend) -> Result<Database, DatabaseError> {
    let mut how = Database::builder();
    how.set_cache_size(STORE_CACHE_BYTES).set_check_integrity_on_open(true);
    how.create_with_backend(backend)
}

/// A file of the seam, as redb wants it.
#[derive(Debug)]
struct Backend(Arc<dyn File>);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.size()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.resize(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, data)
    }
}
