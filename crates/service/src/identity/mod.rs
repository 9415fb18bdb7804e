//! Who is who: logins with a second factor, sessions, machines, users and their roles, operators.
//!
//! What needs a password to be hashed runs on [`Service`](crate::Service): the hash is computed between two
//! transactions, never inside one. Everything else runs in the transaction of the request.

mod account;
mod authenticate;
mod clients;
mod clinics;
mod confirm;
mod enrol;
mod invite;
mod keys;
mod login;
mod operators;
mod password;
mod random;
mod screen;
mod settings;
mod token;
mod totp;
mod users;

pub use account::{accept_invitation, change_password};
pub use authenticate::{Identity, Person, SecondFactor, authenticate};
pub use clients::{
    AccessToken, ClientSecret, ClientView, NewClient, OAuthError, change_client, issue_access_token, list_clients,
    register_client, rotate_client_secret, set_client_disabled,
};
pub use clinics::{FirstUser, NewClinic, RegisteredClinic, register_clinic};
pub use confirm::{confirm_invitation, confirm_role};
pub use enrol::{begin_enrolment, confirm_enrolment, renew_recovery_codes};
pub use invite::{INVITATION_HOURS, Invited, invite};
pub use keys::{Keyring, KeyringError};
pub use login::{Login, Opened, give_second_factor, log_in};
pub use operators::{NewOperatorAccount, authenticate_operator, create_operator, log_in_operator, log_out_operator};
pub use screen::{close_session, close_sessions_of, lock_screen, open_sessions, unlock_screen};
pub use settings::{change_settings, settings};
pub use token::{Token, TokenKind};
pub use totp::{Enrolment, SecondFactorCode, code_at};
pub use users::{
    HeldRole, NewAccount, NewRole, UserView, create_user, grant_role, list_users, pending_invitations, revoke_role,
    set_user_disabled,
};
