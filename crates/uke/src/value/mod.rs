//! Values of fields: how each is read from a cell and written to one.

mod burden;
mod comment;
mod dated;
mod days;
mod department;
mod number;
mod text;
mod word;

pub use burden::{Burden, Payer};
pub use comment::Comment;
pub use dated::Dated;
pub use days::{DAYS_PER_MONTH, Days};
pub use department::DepartmentReport;
pub use text::Text;
pub use word::{Word, WordError};

pub(crate) use number::{decimal, digits};

use crate::cells::Cells;
use crate::encoder::Encoder;
use crate::spec::{Column, Group};

/// A record type: made by [`record!`](crate::spec::record) from its field table.
pub(crate) trait Record: Sized {
    /// Reads the cells after the record id. What cannot be held is left out and marked in `cells`.
    fn read(cells: &mut Cells<'_>) -> Self;

    /// Writes the whole line. What must not be written is reported to `out`.
    fn write(&self, out: &mut Encoder);
}

/// A value of a whole group of columns.
pub(crate) trait Value: Sized {
    fn read(cells: &mut Cells<'_>, group: &Group) -> Self;
    fn write(&self, group: &Group, out: &mut Encoder);
}

/// A value of one cell that is never empty.
pub(crate) trait Cell: Sized {
    /// `None` when the cell is not of the form.
    fn parse(cell: &[u8]) -> Option<Self>;
    fn print(&self, column: &Column, out: &mut Encoder);
}

impl<T: Cell> Value for Option<T> {
    #[inline]
    fn read(cells: &mut Cells<'_>, _: &Group) -> Self {
        let cell = cells.next_cell();
        if cell.is_empty() {
            return None;
        }
        let value = T::parse(cell);
        if value.is_none() {
            cells.mark_unread();
        }
        value
    }

    #[inline]
    fn write(&self, group: &Group, out: &mut Encoder) {
        for column in group.columns {
            match self {
                None => out.empty(column),
                Some(value) => value.print(column, out),
            }
        }
    }
}
