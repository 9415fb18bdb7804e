//! Logins, sessions, machines, users and operators on a real database. Instants are given, nothing sleeps.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod identity_support;

use chrono::TimeDelta;
use identity_support::{Desk, PASSWORD, at, secret};
use service::identity::{
    Login, NewAccount, NewClient, NewOperatorAccount, NewRole, OAuthError, SecondFactor, SecondFactorCode, Token,
    TokenKind, accept_invitation, authenticate, authenticate_operator, begin_enrolment, change_client, change_password,
    change_settings, close_sessions_of, code_at, confirm_enrolment, confirm_invitation, confirm_role, create_operator,
    create_user, give_second_factor, grant_role, invite, issue_access_token, list_users, lock_screen, log_in,
    log_in_operator, log_out_operator, open_sessions, register_client, renew_recovery_codes, revoke_role,
    rotate_client_secret, set_client_disabled, set_user_disabled, unlock_screen,
};
use service::{Permission, ProblemCode, Role};
use store::{Hash, Secret, UserId};

const NOON: &str = "2026-10-05T03:00:00Z";

fn code(problem: &service::Problem) -> ProblemCode {
    problem.code
}

#[test]
fn a_login_needs_both_factors_before_it_opens_anything() {
    let desk = Desk::new();
    let user = desk.user("cashier", &[Role::Cashier], at(NOON));
    let now = at(NOON) + TimeDelta::hours(1);
    let opened = log_in(&desk.at(now), &desk.login("cashier"), None).unwrap();
    assert_eq!(opened.second_factor, SecondFactor::Missing);
    let refused = desk.identity(&opened.token, now).unwrap().require(Some(Permission::BillRead)).unwrap_err();
    assert_eq!(code(&refused), ProblemCode::SecondFactorRequired);
    give_second_factor(&desk.at(now), &opened.token, &user.code(now), None).unwrap();
    let identity = desk.identity(&opened.token, now).unwrap();
    identity.require(Some(Permission::PaymentWrite)).unwrap();
    assert_eq!(code(&identity.require(Some(Permission::Refund)).unwrap_err()), ProblemCode::Forbidden);
}

#[test]
fn every_refused_login_gets_the_same_answer() {
    let desk = Desk::new();
    desk.user("cashier", &[Role::Cashier], at(NOON));
    let invited = desk.create("invited", &[]);
    let gone = desk.user("gone", &[], at(NOON));
    desk.admin(|work| set_user_disabled(work, gone.id, true, "退職"));
    let attempt = |clinic: &str, login: &str, password: &str| {
        let login = Login { clinic: clinic.into(), login: login.into(), password: secret(password), reason: None };
        log_in(&desk.at(at(NOON) + TimeDelta::hours(1)), &login, None).unwrap_err()
    };
    let expected = attempt("clinic-a", "cashier", "wrong password 1");
    assert_eq!(code(&expected), ProblemCode::LoginRefused);
    for (clinic, login, password) in [
        ("clinic-a", "nobody", PASSWORD),
        ("clinic-x", "cashier", PASSWORD),
        ("clinic-b", "cashier", PASSWORD),
        ("clinic-a", "gone", PASSWORD),
        ("clinic-a", "invited", PASSWORD),
        ("clinic-a", "cashier", ""),
        ("clinic-a", "cash\0ier", PASSWORD),
        ("診療所", "cashier", PASSWORD),
    ] {
        assert_eq!(attempt(clinic, login, password), expected, "{clinic} {login:?}");
    }
    // Locked: the right password is refused with the same answer.
    for _ in 0..6 {
        attempt("clinic-a", "cashier", "wrong password 1");
    }
    assert_eq!(attempt("clinic-a", "cashier", PASSWORD), expected);
    drop(invited);
}

#[test]
fn an_account_is_locked_for_a_time_that_doubles() {
    let desk = Desk::new();
    desk.user("cashier", &[Role::Cashier], at(NOON));
    let start = at(NOON) + TimeDelta::hours(1);
    let try_at = |now, password: &str| {
        log_in(&desk.at(now), &Login { password: secret(password), ..desk.login("cashier") }, None).is_ok()
    };
    for _ in 0..4 {
        assert!(!try_at(start, "wrong password 1"));
    }
    assert!(try_at(start, PASSWORD), "four are forgiven");
    assert!(!try_at(start, "wrong password 1"), "the second factor was not given: the fifth in a row");
    assert!(!try_at(start + TimeDelta::seconds(59), PASSWORD));
    assert!(!try_at(start + TimeDelta::seconds(61), "wrong password 1"));
    assert!(!try_at(start + TimeDelta::seconds(61 + 119), PASSWORD), "two minutes now");
    assert!(try_at(start + TimeDelta::seconds(61 + 121), PASSWORD));
}

#[test]
fn a_code_is_used_once_and_wrong_codes_lock_the_account() {
    let desk = Desk::new();
    let user = desk.user("cashier", &[Role::Cashier], at(NOON));
    let now = at(NOON) + TimeDelta::hours(1);
    let service = desk.at(now);
    let first = log_in(&service, &desk.login("cashier"), None).unwrap();
    give_second_factor(&service, &first.token, &user.code(now), None).unwrap();
    let second = log_in(&service, &desk.login("cashier"), None).unwrap();
    for earlier in [0, 30] {
        let used = user.code(now - TimeDelta::seconds(earlier));
        let refused = give_second_factor(&service, &second.token, &used, None).unwrap_err();
        assert_eq!(code(&refused), ProblemCode::LoginRefused, "{earlier}");
    }
    for _ in 0..3 {
        let wrong = SecondFactorCode::Totp(secret("000000"));
        give_second_factor(&service, &second.token, &wrong, None).unwrap_err();
    }
    let next = user.code(now + TimeDelta::seconds(30));
    assert!(give_second_factor(&service, &second.token, &next, None).is_err(), "locked");
    let later = now + TimeDelta::minutes(2);
    give_second_factor(&desk.at(later), &second.token, &user.code(later), None).unwrap();
}

#[test]
fn a_recovery_code_opens_once() {
    let desk = Desk::new();
    let user = desk.user("cashier", &[Role::Cashier], at(NOON));
    let now = at(NOON) + TimeDelta::hours(1);
    let give = |recovery: &Secret<String>| {
        let opened = log_in(&desk.at(now), &desk.login("cashier"), None).unwrap();
        give_second_factor(&desk.at(now), &opened.token, &SecondFactorCode::Recovery(recovery.clone()), None)
            .map(|_| opened.token)
    };
    let token = give(&user.recovery[0]).unwrap();
    assert!(give(&user.recovery[0]).is_err());
    assert!(give(&user.recovery[1]).is_ok());
    let renewed = renew_recovery_codes(&desk.at(now), &token, None).unwrap();
    assert!(give(&user.recovery[2]).is_err(), "earlier codes are gone");
    assert!(give(&renewed[0]).is_ok());
}

#[test]
fn a_second_factor_is_enrolled_before_anything_else_and_not_replaced_without_itself() {
    let desk = Desk::new();
    let invited = desk.create("cashier", &[Role::Cashier]);
    let now = at(NOON);
    let service = desk.at(now);
    accept_invitation(&service, &invited.1, &secret(PASSWORD), None).unwrap();
    let opened = log_in(&service, &desk.login("cashier"), None).unwrap();
    assert_eq!(opened.second_factor, SecondFactor::NotEnrolled);
    assert!(desk.identity(&opened.token, now).unwrap().require(None).is_err());
    let enrolment = begin_enrolment(&service, &opened.token, None).unwrap();
    let wrong = confirm_enrolment(&service, &opened.token, &secret("000000"), None).unwrap_err();
    assert_eq!(wrong.errors[0].code, "wrong-code");
    let codes = confirm_enrolment(&service, &opened.token, &code_at(&enrolment.secret, now).unwrap(), None).unwrap();
    assert_eq!(codes.len(), 10);
    desk.identity(&opened.token, now).unwrap().require(None).unwrap();
    // A password alone enrols no other device.
    let later = now + TimeDelta::minutes(1);
    let second = log_in(&desk.at(later), &desk.login("cashier"), None).unwrap();
    let refused = begin_enrolment(&desk.at(later), &second.token, None).unwrap_err();
    assert_eq!(code(&refused), ProblemCode::SecondFactorRequired);
}

#[test]
fn a_session_ends_when_idle_and_after_its_hours() {
    let desk = Desk::new();
    let user = desk.user("cashier", &[Role::Cashier], at(NOON));
    let start = at(NOON) + TimeDelta::hours(1);
    let token = desk.session(&user, start);
    let alive = |minutes: i64| desk.identity(&token, start + TimeDelta::minutes(minutes)).is_ok();
    assert!(alive(29) && alive(58));
    assert!(!alive(58 + 30), "idle");
    let token = desk.session(&user, start + TimeDelta::hours(2));
    let alive = |minutes: i64| desk.identity(&token, start + TimeDelta::minutes(120 + minutes)).is_ok();
    assert!((1..720).step_by(25).all(alive));
    assert!(!alive(720), "twelve hours");
}

#[test]
fn limits_of_sessions_are_the_clinics_choice_within_bounds() {
    let desk = Desk::new();
    let user = desk.user("cashier", &[Role::Cashier], at(NOON));
    let chosen = store::identity::settings::SecuritySettings {
        version: 0,
        session_idle_minutes: 5,
        session_hours: 1,
        audit_years: 5,
    };
    let short = store::identity::settings::SecuritySettings { audit_years: 4, ..chosen };
    let refused = desk.try_admin(|work| change_settings(work, &short, "保存期間")).unwrap_err();
    assert_eq!(refused.errors[0].pointer, "/auditYears");
    assert_eq!(desk.admin(|work| change_settings(work, &chosen, "院内規程")), 1);
    let again = desk.try_admin(|work| change_settings(work, &chosen, "院内規程")).unwrap_err();
    assert_eq!(code(&again), ProblemCode::VersionConflict);
    let start = at(NOON) + TimeDelta::hours(1);
    let token = desk.session(&user, start);
    assert!(desk.identity(&token, start + TimeDelta::minutes(4)).is_ok());
    assert!(desk.identity(&token, start + TimeDelta::minutes(10)).is_err());
}

#[test]
fn a_locked_screen_opens_with_the_password_only() {
    let desk = Desk::new();
    let user = desk.user("cashier", &[Role::Cashier], at(NOON));
    let now = at(NOON) + TimeDelta::hours(1);
    let token = desk.session(&user, now);
    desk.work(&token, now, |work| {
        let identity = authenticate(work, &token, None)?;
        lock_screen(work, &identity)
    })
    .unwrap();
    let refused = desk.identity(&token, now).unwrap().require(Some(Permission::BillRead)).unwrap_err();
    assert_eq!(code(&refused), ProblemCode::SessionLocked);
    let wrong = unlock_screen(&desk.at(now), &token, &secret("wrong password 1"), None).unwrap_err();
    assert_eq!(code(&wrong), ProblemCode::LoginRefused);
    unlock_screen(&desk.at(now), &token, &secret(PASSWORD), None).unwrap();
    desk.identity(&token, now).unwrap().require(Some(Permission::BillRead)).unwrap();
}

#[test]
fn all_sessions_of_a_user_end_at_once() {
    let desk = Desk::new();
    let user = desk.user("cashier", &[Role::Cashier], at(NOON));
    let now = at(NOON) + TimeDelta::hours(1);
    let tokens = [desk.session(&user, now), desk.session(&user, now + TimeDelta::minutes(1))];
    let now = now + TimeDelta::minutes(2);
    assert_eq!(desk.admin_at(now, |work| open_sessions(work, user.id)).unwrap().len(), 2);
    assert_eq!(desk.admin_at(now, |work| close_sessions_of(work, user.id, None)).unwrap(), 2);
    assert!(tokens.iter().all(|token| desk.identity(token, now).is_err()));
}

#[test]
fn another_clinics_token_is_unknown() {
    let desk = Desk::new();
    let user = desk.user("cashier", &[Role::Cashier], at(NOON));
    let now = at(NOON) + TimeDelta::hours(1);
    let token = desk.session(&user, now);
    let of_b = Token::parse(&token.reveal().replacen("1.", "2.", 1)).unwrap();
    assert_eq!(code(&desk.identity(&of_b, now).unwrap_err()), ProblemCode::Unauthenticated);
    // The token of A inside a transaction of B.
    let caller = desk.caller(2);
    let refused = desk.at(now).run(&caller, |work| authenticate(work, &token, None)).unwrap_err();
    assert_eq!(code(&refused), ProblemCode::Unauthenticated);
}

#[test]
fn a_password_is_not_used_again_and_its_change_ends_other_sessions() {
    let desk = Desk::new();
    let user = desk.user("cashier", &[Role::Cashier], at(NOON));
    let now = at(NOON) + TimeDelta::hours(1);
    let (token, other) = (desk.session(&user, now), desk.session(&user, now + TimeDelta::minutes(1)));
    let now = now + TimeDelta::minutes(2);
    let change =
        |current: &str, new: &str| change_password(&desk.at(now), &token, &secret(current), &secret(new), None);
    const OTHER: &str = "violet stapler under the moon";
    assert_eq!(code(&change("wrong password 1", OTHER).unwrap_err()), ProblemCode::LoginRefused);
    assert_eq!(change(PASSWORD, PASSWORD).unwrap_err().errors[0].code, "reused");
    assert_eq!(change(PASSWORD, "cashier cashier 12").unwrap_err().errors[0].code, "contains-name");
    change(PASSWORD, OTHER).unwrap();
    assert_eq!(change(OTHER, PASSWORD).unwrap_err().errors[0].code, "reused");
    assert!(desk.identity(&token, now).is_ok() && desk.identity(&other, now).is_err());
}

#[test]
fn an_emergency_account_says_why_is_told_and_ends() {
    let desk = Desk::new();
    let end = at(NOON) + TimeDelta::days(30);
    let without_end = NewAccount { is_break_glass: true, expires_at: None, ..Desk::account("emergency", &[]) };
    assert!(desk.try_admin(|work| create_user(work, &without_end)).is_err());
    let account = NewAccount { expires_at: Some(end), ..without_end };
    let (_, invited) = desk.admin(|work| create_user(work, &account));
    accept_invitation(&desk.at(at(NOON)), &invited.token, &secret(PASSWORD), None).unwrap();
    let now = at(NOON) + TimeDelta::hours(1);
    let silent = log_in(&desk.at(now), &desk.login("emergency"), None).unwrap_err();
    assert_eq!(code(&silent), ProblemCode::ReasonMissing);
    let login = Login { reason: Some("院長不在、端末故障".into()), ..desk.login("emergency") };
    let opened = log_in(&desk.at(now), &login, None).unwrap();
    assert!(desk.identity(&opened.token, now).is_ok());
    assert_eq!(desk.actions("account.break_glass"), ["院長不在、端末故障"]);
    assert_eq!(desk.told(), ["account.break_glass"]);
    assert!(desk.identity(&opened.token, end).is_err());
    assert!(log_in(&desk.at(end), &login, None).is_err());
    let before_end = log_in(&desk.at(end - TimeDelta::hours(1)), &login, None).unwrap();
    assert_eq!(before_end.expires_at, end);
}

#[test]
fn powerful_roles_wait_for_a_second_account_holder() {
    let desk = Desk::new();
    let second = desk.user("director", &[Role::Director], at(NOON));
    let puppet = desk.user("puppet", &[], at(NOON));
    let now = at(NOON) + TimeDelta::hours(1);
    let role = NewRole { role: Role::Director, valid_until: None };
    desk.admin(|work| grant_role(work, puppet.id, role, "院長代行"));
    let roles = |user: UserId| {
        let list = desk.admin(|work| list_users(work, None, 100));
        let view = list.into_iter().find(|view| view.user.id == user).unwrap();
        view.roles.iter().map(|role| (role.role, role.is_effective)).collect::<Vec<_>>()
    };
    assert_eq!(roles(puppet.id), [(Role::Director, false)]);
    assert!(desk.identity(&desk.session(&puppet, now), now).unwrap().permissions.is_empty());
    // Neither who gave it, nor who gets it, nor somebody without power.
    let clerk = desk.user("clerk", &[Role::Reception], at(NOON));
    let confirm = |user: UserId| desk.as_user(user, now, |work| confirm_role(work, puppet.id, Role::Director));
    for user in [desk.administrator.id, puppet.id, clerk.id] {
        assert_eq!(code(&confirm(user).unwrap_err()), ProblemCode::Forbidden);
    }
    confirm(second.id).unwrap();
    assert_eq!(roles(puppet.id), [(Role::Director, true)]);
    assert_eq!(code(&confirm(second.id).unwrap_err()), ProblemCode::NotFound);
    let self_grant = NewRole { role: Role::Director, valid_until: None };
    let own = desk.try_admin(|work| grant_role(work, desk.administrator.id, self_grant, "x"));
    assert_eq!(code(&own.unwrap_err()), ProblemCode::Forbidden);
    let auditor = NewRole { role: Role::Auditor, valid_until: None };
    assert!(desk.try_admin(|work| grant_role(work, clerk.id, auditor, "監査")).is_err(), "an auditor's role ends");
}

#[test]
fn an_invitation_for_a_holder_of_power_waits_too() {
    let desk = Desk::new();
    let director = desk.user("director", &[Role::Director], at(NOON));
    let third = desk.user("deputy", &[Role::Administrator], at(NOON));
    let now = at(NOON) + TimeDelta::hours(1);
    let invited = desk.admin_at(now, |work| invite(work, director.id, true, "スマートフォン紛失")).unwrap();
    assert!(invited.needs_confirmation);
    const OTHER: &str = "violet stapler under the moon";
    let accept = || accept_invitation(&desk.at(now), &invited.token, &secret(OTHER), None);
    assert_eq!(code(&accept().unwrap_err()), ProblemCode::LoginRefused);
    for user in [desk.administrator.id, director.id] {
        assert!(desk.as_user(user, now, |work| confirm_invitation(work, invited.id)).is_err());
    }
    desk.as_user(third.id, now, |work| confirm_invitation(work, invited.id)).unwrap();
    let token = desk.session(&director, now);
    accept().unwrap();
    assert!(desk.identity(&token, now).is_err(), "open sessions end");
    let login = Login { password: secret(OTHER), ..desk.login("director") };
    assert_eq!(log_in(&desk.at(now), &login, None).unwrap().second_factor, SecondFactor::NotEnrolled);
    assert_eq!(code(&accept().unwrap_err()), ProblemCode::LoginRefused, "used");
}

#[test]
fn the_last_administrator_stays() {
    let desk = Desk::new();
    let id = desk.administrator.id;
    let system = |work: &mut service::Work<'_, '_>| set_user_disabled(work, id, true, "x");
    assert_eq!(code(&desk.as_system(system).unwrap_err()), ProblemCode::StateConflict);
    let revoked = desk.as_system(|work| revoke_role(work, id, Role::Administrator, "x"));
    assert_eq!(code(&revoked.unwrap_err()), ProblemCode::StateConflict);
    desk.user("deputy", &[Role::Administrator], at(NOON));
    desk.as_system(system).unwrap();
}

#[test]
fn a_machine_gets_short_tokens_for_what_it_may() {
    let desk = Desk::new();
    let new =
        NewClient { name: "EMR".into(), scopes: vec![Permission::OrderWrite, Permission::BillRead], certificate: None };
    let made = desk.admin(|work| register_client(work, &new));
    let id = made.client.id;
    let client_id = made.client.client_id.clone();
    assert_eq!(client_id, format!("clinic-a/{id}"));
    let now = at(NOON);
    let ask = |secret: &Secret<String>, scope: Option<&str>| {
        issue_access_token(&desk.at(now), &client_id, secret, scope, None, None)
    };
    let all = ask(&made.secret, None).unwrap();
    assert_eq!((all.expires_in_s, all.scopes.len(), all.token.kind), (900, 2, TokenKind::Access));
    let identity = desk.identity(&all.token, now).unwrap();
    identity.require(Some(Permission::OrderWrite)).unwrap();
    assert_eq!(code(&identity.require(Some(Permission::PatientRead)).unwrap_err()), ProblemCode::Forbidden);
    let one = ask(&made.secret, Some("bill.read")).unwrap();
    assert_eq!(desk.identity(&one.token, now).unwrap().permissions, [Permission::BillRead]);
    assert_eq!(ask(&made.secret, Some("bill.read refund")).unwrap_err(), OAuthError::InvalidScope);
    assert_eq!(ask(&secret("wrong"), None).unwrap_err(), OAuthError::InvalidClient);
    assert!(desk.identity(&all.token, now + TimeDelta::seconds(899)).is_ok());
    assert!(desk.identity(&all.token, now + TimeDelta::seconds(900)).is_err());
    let again = ask(&made.secret, None).unwrap();
    desk.admin(|work| set_client_disabled(work, id, true));
    assert!(desk.identity(&again.token, now).is_err(), "tokens die with their machine");
    assert_eq!(ask(&made.secret, None).unwrap_err(), OAuthError::InvalidClient);
    desk.admin(|work| set_client_disabled(work, id, false));
    assert!(desk.identity(&again.token, now).is_err());
    let rotated = desk.admin(|work| rotate_client_secret(work, id));
    assert_eq!(ask(&made.secret, None).unwrap_err(), OAuthError::InvalidClient);
    assert!(ask(&rotated.secret, None).is_ok());
}

#[test]
fn a_machine_with_a_certificate_shows_it_each_time_and_none_changes_accounts() {
    let desk = Desk::new();
    let certificate = Hash::of(b"certificate");
    let scopes = vec![Permission::OrderWrite];
    let new = NewClient { name: "EMR".into(), scopes: scopes.clone(), certificate: Some(certificate) };
    let made = desk.admin(|work| register_client(work, &new));
    let ask = |certificate: Option<Hash>| {
        issue_access_token(&desk.at(at(NOON)), &made.client.client_id, &made.secret, None, certificate, None)
    };
    assert_eq!(ask(None).unwrap_err(), OAuthError::InvalidClient);
    assert_eq!(ask(Some(Hash::of(b"another"))).unwrap_err(), OAuthError::InvalidClient);
    let token = ask(Some(certificate)).unwrap().token;
    let present = |certificate: Option<Hash>| {
        desk.at(at(NOON)).run(&desk.caller(1), |work| authenticate(work, &token, certificate))
    };
    assert!(present(None).is_err() && present(Some(Hash::of(b"another"))).is_err());
    assert!(present(Some(certificate)).is_ok());
    let powerful = [Permission::AccountWrite];
    let refused = desk.try_admin(|work| change_client(work, made.client.id, &powerful, None)).unwrap_err();
    assert_eq!(refused.errors[0].code, "not-for-machines");
    desk.admin(|work| change_client(work, made.client.id, &scopes, None));
    assert!(present(Some(certificate)).is_err(), "a change ends the tokens");
}

#[test]
fn no_secret_is_on_the_audit_trail_and_the_trail_verifies() {
    let desk = Desk::new();
    let user = desk.user("cashier", &[Role::Cashier], at(NOON));
    let now = at(NOON) + TimeDelta::hours(1);
    let token = desk.session(&user, now);
    let new = NewClient { name: "EMR".into(), scopes: vec![Permission::BillRead], certificate: None };
    let made = desk.admin(|work| register_client(work, &new));
    issue_access_token(&desk.at(now), &made.client.client_id, &made.secret, None, None, None).unwrap();
    let trail = desk.trail();
    let hidden = [PASSWORD, token.reveal(), made.secret.reveal(), user.recovery[0].reveal(), user.totp.reveal()];
    assert!(hidden.iter().all(|secret| !trail.contains(secret)));
    for action in ["tenant.create", "user.create", "role.grant", "invitation.accept", "second_factor.enrol"] {
        assert!(trail.contains(action), "{action}");
    }
    assert_eq!(desk.faults(), 0);
}

#[test]
fn an_operator_logs_in_apart_and_sees_no_clinic() {
    let desk = Desk::new();
    let start = at(NOON);
    let new =
        NewOperatorAccount {
            login: "operator1".into(), display_name: "運用 太郎".into(), password: secret(PASSWORD)
        };
    let enrolment = create_operator(&desk.at(start), &new, store::Actor::System("test")).unwrap();
    let try_at = |now, password: &str| {
        let code = code_at(&enrolment.secret, now).unwrap();
        log_in_operator(&desk.at(now), "operator1", &secret(password), &code, None)
    };
    let now = start + TimeDelta::hours(1);
    let token = try_at(now, PASSWORD).unwrap();
    assert_eq!(code(&try_at(now, PASSWORD).unwrap_err()), ProblemCode::LoginRefused, "a step is used once");
    let identity = authenticate_operator(&desk.at(now), &token).unwrap();
    assert!(identity.permissions.is_empty() && identity.require(Some(Permission::PatientRead)).is_err());
    assert!(Token::parse(token.reveal()).is_none(), "it is no token of a clinic");
    assert!(authenticate_operator(&desk.at(now + TimeDelta::hours(1)), &token).is_err());
    log_out_operator(&desk.at(now), &token).unwrap();
    assert!(authenticate_operator(&desk.at(now), &token).is_err());
    // The operator's login opens no clinic, a clinic's no operations.
    assert!(log_in(&desk.at(now), &desk.login("operator1"), None).is_err());
    let unknown = log_in_operator(&desk.at(now), "admin", &secret(PASSWORD), &secret("000000"), None);
    assert_eq!(code(&unknown.unwrap_err()), ProblemCode::LoginRefused);
    let later = now + TimeDelta::minutes(10);
    for _ in 0..5 {
        assert!(try_at(later, "wrong password 1").is_err());
    }
    assert!(try_at(later, PASSWORD).is_err(), "locked");
    // One refused attempt came before: the sixth locks for two minutes.
    assert!(try_at(later + TimeDelta::minutes(3), PASSWORD).is_ok());
}
