#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

pub mod accounts;
pub mod audit;
pub mod calculation_settings;
pub mod closes;
pub mod cluster;
pub mod comparisons;
mod convert;
mod database;
pub mod debts;
pub mod diagnoses;
pub mod document;
mod error;
mod facts;
mod id;
pub mod idempotency;
pub mod identity;
pub mod jobs;
mod kana;
pub mod ledger;
pub mod migration;
mod notice;
pub mod orders;
pub mod outbox;
pub mod patients;
pub mod payers;
pub mod payments;
pub mod receipt_notes;
pub mod receipts;
pub mod results;
mod schema;
mod secret;
pub mod settlements;
pub mod tenants;
pub mod terminal;
pub mod testing;
pub mod tills;
pub mod visits;

pub use database::{
    CONNECTION_WAIT, Database, IDLE_IN_TRANSACTION_TIMEOUT_MS, LOCK_TIMEOUT_MS, POOL_SIZE_DEFAULT, POOL_SIZE_MAX,
    STATEMENT_TIMEOUT_MS, TenantTx,
};
pub use error::StoreError;
pub use facts::{Fact, NewFact, PATIENTS_PER_READ};
pub use id::{
    Actor, ClientId, EntryId, InvitationId, JobId, OperatorId, PatientId, PaymentId, SessionId, Stamp, TenantId,
    TerminalPaymentId, UserId, VisitId, WriteOffId,
};
pub use kana::search_key;
pub use notice::{Channel, Listener};
pub use secret::{Hash, Secret};
