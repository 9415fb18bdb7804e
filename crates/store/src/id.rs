//! Ids, actors and stamps.

use std::fmt;

use chrono::{DateTime, SubsecRound, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A clinic on this service (テナント).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = sql_types::BigInt)]
#[serde(transparent)]
pub struct TenantId(i64);

impl TenantId {
    /// Above zero; `None` otherwise.
    pub const fn new(id: i64) -> Option<Self> {
        if id > 0 { Some(Self(id)) } else { None }
    }

    /// The bare number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ToSql<sql_types::BigInt, Pg> for TenantId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <i64 as ToSql<sql_types::BigInt, Pg>>::to_sql(&self.0, out)
    }
}

impl FromSql<sql_types::BigInt, Pg> for TenantId {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<sql_types::BigInt, Pg>>::from_sql(value).map(Self)
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, AsExpression, FromSqlRow,
        )]
        #[diesel(sql_type = sql_types::Uuid)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, later ones sort behind earlier ones (UUID version 7).
            #[allow(clippy::new_without_default, reason = "every new id is another one")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The bare UUID.
            pub const fn get(self) -> Uuid {
                self.0
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": "uuid" })
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ToSql<sql_types::Uuid, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <Uuid as ToSql<sql_types::Uuid, Pg>>::to_sql(&self.0, out)
            }
        }

        impl FromSql<sql_types::Uuid, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                <Uuid as FromSql<sql_types::Uuid, Pg>>::from_sql(value).map(Self)
            }
        }
    };
}

uuid_id! {
    /// A patient (患者).
    PatientId
}
uuid_id! {
    /// A visit (受診).
    VisitId
}
uuid_id! {
    /// An entry of the ledger (仕訳).
    EntryId
}
uuid_id! {
    /// A payment (入金, 返金).
    PaymentId
}
uuid_id! {
    /// A payment that a terminal was asked for (確認中).
    TerminalPaymentId
}
uuid_id! {
    /// A request to write a debt off (貸倒).
    WriteOffId
}
uuid_id! {
    /// A job.
    JobId
}
uuid_id! {
    /// A user of a clinic (利用者).
    UserId
}
uuid_id! {
    /// A machine that calls the API for one clinic.
    ClientId
}
uuid_id! {
    /// A session of a user.
    SessionId
}
uuid_id! {
    /// An invitation to set a password.
    InvitationId
}
uuid_id! {
    /// An operator of the service.
    OperatorId
}

/// An enum that is a text with CHECK in the database.
macro_rules! text_code {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The text in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg>>::to_sql(self.as_str(), out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                match value.as_bytes() {
                    $(bytes if bytes == $text.as_bytes() => Ok(Self::$variant),)+
                    _ => Err(concat!("unknown code of ", stringify!($name)).into()),
                }
            }
        }
    };
}

pub(crate) use text_code;

/// Who does something: a person, a machine, or a process of the service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Actor {
    /// A user of the clinic.
    User(Uuid),
    /// An API client of the clinic.
    Client(Uuid),
    /// An operator of the service.
    Operator(Uuid),
    /// A job, an import.
    System(&'static str),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Client(id) => write!(f, "client:{id}"),
            Self::Operator(id) => write!(f, "operator:{id}"),
            Self::System(name) => write!(f, "system:{name}"),
        }
    }
}

/// When, by whom and why a fact is recorded. The caller brings the clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamp {
    at: DateTime<Utc>,
    by: Actor,
    reason: Option<String>,
}

impl Stamp {
    /// A stamp; the instant is cut to the microseconds PostgreSQL keeps.
    pub fn new(at: DateTime<Utc>, by: Actor) -> Self {
        Self { at: at.trunc_subsecs(6), by, reason: None }
    }

    /// The same with a reason, as corrections need one.
    #[must_use]
    pub fn because(&self, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..self.clone() }
    }

    /// The instant.
    pub const fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// The actor.
    pub const fn actor(&self) -> Actor {
        self.by
    }

    /// The actor as recorded.
    pub fn by(&self) -> String {
        self.by.to_string()
    }

    /// The reason.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}
