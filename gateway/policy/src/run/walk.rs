//! Which policy is next: banks in their order, priorities, gotos and labels. Reference: appexpert section 8.
//!
//! It evaluates nothing: whoever walks says what a rule came to and what a goto is worth.

use crate::conf::object::bank::Binding;
use crate::limits::INVOCATIONS;
use crate::switches::GotoEnd;

use super::outcome::Moved;
use super::policies::{Policies, Spot};

/// A way through the banks of one feature.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Banks still to come, by their numbers, the next one last.
    ahead: Vec<usize>,
    /// The bank that is walked, above those that invoked it.
    stack: Vec<Frame>,
    end: GotoEnd,
}

#[derive(Debug)]
struct Frame {
    /// None for a label that has no policies.
    bank: Option<usize>,
    /// The binding that is looked at.
    index: usize,
    /// The bank it invoked is done; whether a goto `END` led out of it.
    returned: Option<bool>,
}

/// Where a walk stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Before a bank that no label invoked.
    Bank,
    /// At a policy.
    Binding(Spot),
    /// At a policy again, whose label is done; its goto is to be followed.
    Back { spot: Spot, ended: bool },
}

/// A goto whose expression, if it has one, was evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Next,
    End,
    Priority(i64),
}

impl Walk {
    pub(super) fn new(mut banks: Vec<usize>, end: GotoEnd) -> Self {
        banks.reverse();
        Self { ahead: banks, stack: Vec::new(), end }
    }

    /// Where the walk stands; none when it is over. A bank that runs out of policies ends as `NEXT` does.
    pub(super) fn place(&mut self, policies: &Policies) -> Option<Place> {
        loop {
            let Some(frame) = self.stack.last() else {
                let bank = Some(self.ahead.pop()?);
                self.stack.push(Frame { bank, index: 0, returned: None });
                return Some(Place::Bank);
            };
            let bank = frame.bank.filter(|bank| frame.index < policies.bindings(Some(*bank)).len());
            let spot = bank.map(|bank| Spot { bank, index: frame.index });
            match (spot, frame.returned) {
                (Some(spot), None) => return Some(Place::Binding(spot)),
                (Some(spot), Some(ended)) => return Some(Place::Back { spot, ended }),
                (None, _) => self.leave(false),
            }
        }
    }

    /// The rule is FALSE.
    pub(super) fn pass(&mut self) {
        if let Some(frame) = self.stack.last_mut() {
            frame.index += 1;
        }
    }

    /// The feature is done.
    pub(super) fn end(&mut self) {
        self.stack.clear();
        self.ahead.clear();
    }

    /// A policy is undefined: its bank and those that invoked it are done, and what else an end ends.
    pub(super) fn break_off(&mut self) {
        self.stack.clear();
        self.end_of_bank();
    }

    fn end_of_bank(&mut self) {
        if self.end == GotoEnd::Feature {
            self.ahead.clear();
        }
    }

    /// Goes into the bank that the policy invokes; its goto is followed on the way back.
    pub(super) fn enter(&mut self, bank: Option<usize>) -> Result<Moved, String> {
        if self.stack.len() > INVOCATIONS {
            return Err(format!("labels invoke one another more than {INVOCATIONS} deep"));
        }
        self.stack.push(Frame { bank, index: 0, returned: None });
        Ok(Moved::Label)
    }

    /// Follows the goto of the policy, whose rule is TRUE.
    pub(super) fn follow(&mut self, policies: &Policies, target: Target) -> Result<Moved, String> {
        let Some(frame) = self.stack.last_mut() else { return Ok(Moved::End) };
        let bindings = policies.bindings(frame.bank);
        let moved = resolve(bindings, frame.index, target)?;
        frame.returned = None;
        match moved {
            Moved::To(priority) => {
                let at = bindings.iter().position(|binding| binding.priority == priority);
                frame.index = at.unwrap_or(bindings.len());
            }
            Moved::End => self.leave(true),
            _ => frame.index += 1,
        }
        Ok(moved)
    }

    /// Out of a bank; `ended` says that a goto `END` led out of it.
    fn leave(&mut self, ended: bool) {
        self.stack.pop();
        match self.stack.last_mut() {
            Some(caller) => caller.returned = Some(ended),
            None if ended => self.end_of_bank(),
            None => {}
        }
    }
}

/// Where a goto leads, by the command reference: only forward, to a priority that exists.
fn resolve(bindings: &[Binding], index: usize, target: Target) -> Result<Moved, String> {
    let number = match target {
        Target::Next => return Ok(Moved::Next),
        Target::End => return Ok(Moved::End),
        Target::Priority(number) => number,
    };
    let current = bindings.get(index).map_or(0, |binding| i64::from(binding.priority));
    let highest = bindings.last().map_or(0, |binding| i64::from(binding.priority));
    if number == current {
        return Ok(Moved::Next);
    }
    if number > highest {
        return Ok(Moved::End);
    }
    let exists = bindings.iter().find(|binding| i64::from(binding.priority) == number && number > current);
    exists.map(|binding| Moved::To(binding.priority)).ok_or_else(|| {
        let why = if number < current { "lies behind" } else { "has no policy" };
        format!("goto {number} at {current}: {number} {why}")
    })
}
