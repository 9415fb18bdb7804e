//! Facts about a person that the fee schedule asks for.

use serde::{Deserialize, Serialize};

/// Sex (男女区分, 別表6): 1 male, 2 female.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(inline)]
pub enum Sex {
    /// 男.
    #[serde(rename = "1")]
    Male,
    /// 女.
    #[serde(rename = "2")]
    Female,
}

impl Sex {
    /// The digit of 別表6.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
        }
    }
}
