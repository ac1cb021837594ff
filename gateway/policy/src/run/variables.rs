//! What variables hold, with every limit of their definition: bytes, entries, expiry.
//!
//! Not the definitions, which are configuration, and not expressions, whose values arrive here ready. Time is
//! given, in milliseconds; it never runs backwards here, whatever the wall clock does. Reference: appexpert
//! sections 2.1, 2.2 and 7.

use std::collections::BTreeMap;
use std::fmt;

use super::response::shown;
use crate::conf::object::variable::{MapValue, Variable, VariableKind};
use crate::switches::UlongRange;
use crate::value::Value;

/// The values of all variables of one scope.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    slots: BTreeMap<String, Slot>,
    /// The latest time given.
    clock: i64,
    /// Counts uses: who was used before whom.
    uses: u64,
}

/// What an assignment does once its expressions have values.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    Set(Value),
    Add(Value),
    Sub(Value),
    Append(Value),
    Clear,
}

impl Change {
    /// What the expression gave.
    pub(super) fn value(&self) -> Option<&Value> {
        match self {
            Self::Set(value) | Self::Add(value) | Self::Sub(value) | Self::Append(value) => Some(value),
            Self::Clear => None,
        }
    }
}

/// What a read or write did besides what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The key was cut to the longest the variable takes.
    KeyCut {
        /// What is left of it.
        kept: Vec<u8>,
    },
    /// The value was cut to the longest the variable takes.
    ValueCut {
        /// Bytes kept.
        kept: usize,
    },
    /// A read made the entry, with the initial value.
    Created,
    /// The map was full: the entry used longest ago was pushed out.
    Evicted {
        /// Its key.
        key: Vec<u8>,
    },
    /// A number would have left its range and was held at the end of it.
    Clamped,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyCut { kept } => write!(f, "the key was cut to \"{}\"", shown(kept)),
            Self::ValueCut { kept } => write!(f, "the value was cut to {kept} bytes"),
            Self::Created => f.write_str("the read created the entry"),
            Self::Evicted { key } => write!(f, "\"{}\" was pushed out, it was used longest ago", shown(key)),
            Self::Clamped => f.write_str("the number was held at the end of its range"),
        }
    }
}

#[derive(Clone, Debug)]
struct Slot {
    /// What the variable was when this was stored; another definition begins anew.
    kind: VariableKind,
    entries: BTreeMap<Vec<u8>, Entry>,
    /// Keys by their last use, the oldest first.
    order: BTreeMap<u64, Vec<u8>>,
}

#[derive(Clone, Debug)]
struct Entry {
    content: Content,
    /// When it was last used, in milliseconds.
    used: i64,
    /// Its place in [`Slot::order`].
    turn: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Ulong(u64),
    Text(Vec<u8>),
}

/// A single value is kept as the one entry of a map, under this key.
const ONLY: &[u8] = b"";

impl Variables {
    /// `$name` or `$name[key]`.
    pub(super) fn read(
        &mut self,
        variable: &Variable,
        key: Option<&[u8]>,
        now: i64,
    ) -> Result<(Value, Vec<Note>), String> {
        let mut notes = Vec::new();
        let key = fitting_key(variable, key, &mut notes)?;
        self.sweep(variable, now);
        if let Some(content) = self.use_entry(variable, &key) {
            return Ok((content.value(), notes));
        }
        if variable.undef_if_no_value {
            return Err(format!("{} has no value", described(variable, &key)));
        }
        let initial = initial(variable);
        let value = initial.value();
        notes.push(Note::Created);
        self.store(variable, key, initial, &mut notes)?;
        Ok((value, notes))
    }

    /// `$map.VALUEEXISTS(key)`: makes no entry; whether it `uses` the one that is there, the switch says.
    pub(super) fn exists(
        &mut self,
        variable: &Variable,
        key: &[u8],
        now: i64,
        uses: bool,
    ) -> Result<(bool, Vec<Note>), String> {
        let mut notes = Vec::new();
        let key = fitting_key(variable, Some(key), &mut notes)?;
        self.sweep(variable, now);
        let there = if uses {
            self.use_entry(variable, &key).is_some()
        } else {
            let slot = self.slot_mut(variable);
            slot.entries.contains_key(&key)
        };
        Ok((there, notes))
    }

    /// What an assignment does. Nothing is changed when it can't be done.
    pub(super) fn write(
        &mut self,
        variable: &Variable,
        key: Option<&[u8]>,
        change: Change,
        now: i64,
        range: UlongRange,
    ) -> Result<Vec<Note>, String> {
        let mut notes = Vec::new();
        let key = fitting_key(variable, key, &mut notes)?;
        self.sweep(variable, now);
        let before = self.use_entry(variable, &key).cloned();
        let begins = || before.clone().unwrap_or_else(|| initial(variable));
        let content = match change {
            Change::Clear => {
                self.remove(variable, &key);
                return Ok(notes);
            }
            Change::Set(value) => content(variable, &value)?,
            Change::Append(value) => begins().joined(content(variable, &value)?)?,
            Change::Add(value) => {
                begins().counted(content(variable, &value)?, (Sum::Add, range), &mut notes)?
            }
            Change::Sub(value) => {
                begins().counted(content(variable, &value)?, (Sum::Sub, range), &mut notes)?
            }
        };
        let content = fitting_value(variable, content, &mut notes)?;
        self.store(variable, key, content, &mut notes)?;
        Ok(notes)
    }

    /// What a variable holds now, without using it. Names are not case-sensitive.
    #[must_use]
    pub fn peek(&self, variable: &Variable, key: Option<&[u8]>, now: i64) -> Option<Value> {
        let key = fitting_key(variable, key, &mut Vec::new()).ok()?;
        let entry = self.slot(variable)?.entries.get(&key)?;
        (!is_over(variable, entry, now.max(self.clock))).then(|| entry.content.value())
    }

    /// How many values a variable holds, those that expired and were not asked for since included.
    #[must_use]
    pub fn len(&self, variable: &Variable) -> usize {
        self.slot(variable).map_or(0, |slot| slot.entries.len())
    }

    fn slot(&self, variable: &Variable) -> Option<&Slot> {
        let slot = self.slots.get(&variable.name.to_ascii_lowercase())?;
        (slot.kind == variable.kind).then_some(slot)
    }

    fn slot_mut(&mut self, variable: &Variable) -> &mut Slot {
        let empty = || Slot { kind: variable.kind, entries: BTreeMap::new(), order: BTreeMap::new() };
        let slot = self.slots.entry(variable.name.to_ascii_lowercase()).or_insert_with(empty);
        if slot.kind != variable.kind {
            *slot = empty();
        }
        slot
    }

    /// Forgets what expired. Uses are in order, so only the front is looked at.
    fn sweep(&mut self, variable: &Variable, now: i64) {
        self.clock = self.clock.max(now);
        let clock = self.clock;
        let slot = self.slot_mut(variable);
        while let Some((turn, key)) = slot.order.first_key_value() {
            if !slot.entries.get(key).is_none_or(|entry| is_over(variable, entry, clock)) {
                break;
            }
            let turn = *turn;
            if let Some(key) = slot.order.remove(&turn) {
                slot.entries.remove(&key);
            }
        }
    }

    fn use_entry(&mut self, variable: &Variable, key: &[u8]) -> Option<&Content> {
        let (clock, turn) = (self.clock, self.next_turn());
        let slot = self.slot_mut(variable);
        let entry = slot.entries.get_mut(key)?;
        slot.order.remove(&entry.turn);
        slot.order.insert(turn, key.to_vec());
        entry.turn = turn;
        entry.used = clock;
        Some(&entry.content)
    }

    fn store(
        &mut self,
        variable: &Variable,
        key: Vec<u8>,
        content: Content,
        notes: &mut Vec<Note>,
    ) -> Result<(), String> {
        let (used, turn) = (self.clock, self.next_turn());
        let most = match variable.kind {
            VariableKind::Map { entries, .. } => entries,
            VariableKind::Ulong | VariableKind::Text(_) => 1,
        };
        let slot = self.slot_mut(variable);
        if !slot.entries.contains_key(&key) && slot.entries.len() >= most {
            if variable.undef_if_full {
                return Err(format!("${} is full", variable.name));
            }
            if let Some((_, key)) = slot.order.pop_first() {
                slot.entries.remove(&key);
                notes.push(Note::Evicted { key });
            }
        }
        if let Some(before) = slot.entries.insert(key.clone(), Entry { content, used, turn }) {
            slot.order.remove(&before.turn);
        }
        slot.order.insert(turn, key);
        Ok(())
    }

    fn remove(&mut self, variable: &Variable, key: &[u8]) {
        let slot = self.slot_mut(variable);
        if let Some(entry) = slot.entries.remove(key) {
            slot.order.remove(&entry.turn);
        }
    }

    fn next_turn(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }
}

impl Content {
    fn value(&self) -> Value {
        match self {
            Self::Ulong(number) => Value::Ulong(*number),
            Self::Text(bytes) => Value::text(bytes.clone()),
        }
    }

    fn joined(self, more: Self) -> Result<Self, String> {
        match (self, more) {
            (Self::Text(mut bytes), Self::Text(more)) => {
                bytes.extend_from_slice(&more);
                Ok(Self::Text(bytes))
            }
            _ => Err("only text can be appended to".to_owned()),
        }
    }

    fn counted(self, by: Self, how: (Sum, UlongRange), notes: &mut Vec<Note>) -> Result<Self, String> {
        let (Self::Ulong(number), Self::Ulong(by)) = (self, by) else {
            return Err("only numbers can be added to".to_owned());
        };
        let (sum, range) = how;
        let (exact, wrapped, end) = match sum {
            Sum::Add => (number.checked_add(by), number.wrapping_add(by), u64::MAX),
            Sum::Sub => (number.checked_sub(by), number.wrapping_sub(by), 0),
        };
        match (exact, range) {
            (Some(exact), _) => Ok(Self::Ulong(exact)),
            (None, UlongRange::Wrap) => Ok(Self::Ulong(wrapped)),
            (None, UlongRange::Undef) => Err("the result is outside the 64 bits of a ulong".to_owned()),
            (None, UlongRange::Clamp) => {
                notes.push(Note::Clamped);
                Ok(Self::Ulong(end))
            }
        }
    }
}

/// What an assignment does to a number.
#[derive(Clone, Copy)]
enum Sum {
    Add,
    Sub,
}

/// A value deleted when it was not used for longer than this; exactly as long: kept (ours).
fn is_over(variable: &Variable, entry: &Entry, now: i64) -> bool {
    variable.expires > 0 && now.saturating_sub(entry.used) > i64::from(variable.expires) * 1000
}

fn is_number(variable: &Variable) -> bool {
    matches!(variable.kind, VariableKind::Ulong | VariableKind::Map { value: MapValue::Ulong, .. })
}

fn initial(variable: &Variable) -> Content {
    let init = variable.init.as_deref().unwrap_or_default();
    if is_number(variable) {
        // The loader reported an initial value that is no number.
        return Content::Ulong(init.parse().unwrap_or(0));
    }
    let mut bytes = init.as_bytes().to_vec();
    bytes.truncate(text_max(variable));
    Content::Text(bytes)
}

fn text_max(variable: &Variable) -> usize {
    match variable.kind {
        VariableKind::Text(most) | VariableKind::Map { value: MapValue::Text(most), .. } => most,
        VariableKind::Ulong | VariableKind::Map { value: MapValue::Ulong, .. } => 0,
    }
}

fn content(variable: &Variable, value: &Value) -> Result<Content, String> {
    if is_number(variable) {
        let number = match value {
            Value::Num(number) | Value::Time(number) => u64::try_from(*number).ok(),
            Value::Ulong(number) => Some(*number),
            _ => None,
        };
        let unfit =
            || format!("a value of type {} is no number that ${} can hold", value.kind(), variable.name);
        return number.map(Content::Ulong).ok_or_else(unfit);
    }
    let text = value.to_text().ok_or_else(|| format!("{} has no form as text", value.kind()))?;
    Ok(Content::Text(text.bytes))
}

fn fitting_value(variable: &Variable, content: Content, notes: &mut Vec<Note>) -> Result<Content, String> {
    let Content::Text(mut bytes) = content else { return Ok(content) };
    let most = text_max(variable);
    if bytes.len() > most {
        if variable.undef_if_too_big {
            return Err(format!("{} bytes are more than ${} takes", bytes.len(), variable.name));
        }
        bytes.truncate(most);
        notes.push(Note::ValueCut { kept: most });
    }
    Ok(Content::Text(bytes))
}

/// The key as the variable takes it: cut, refused, or the only one of a variable that is no map.
fn fitting_key(variable: &Variable, key: Option<&[u8]>, notes: &mut Vec<Note>) -> Result<Vec<u8>, String> {
    match (variable.kind, key) {
        (VariableKind::Map { key: most, .. }, Some(key)) if key.len() > most => {
            if variable.undef_if_too_big {
                return Err(format!("a key of {} bytes is longer than ${} takes", key.len(), variable.name));
            }
            let kept = key.get(..most).unwrap_or(key).to_vec();
            notes.push(Note::KeyCut { kept: kept.clone() });
            Ok(kept)
        }
        (VariableKind::Map { .. }, Some(key)) => Ok(key.to_vec()),
        (VariableKind::Map { .. }, None) => Err(format!("${} is a map and needs a key", variable.name)),
        (_, Some(_)) => Err(format!("${} is no map", variable.name)),
        (_, None) => Ok(ONLY.to_vec()),
    }
}

fn described(variable: &Variable, key: &[u8]) -> String {
    match variable.kind {
        VariableKind::Map { .. } => format!("${}[\"{}\"]", variable.name, shown(key)),
        _ => format!("${}", variable.name),
    }
}
