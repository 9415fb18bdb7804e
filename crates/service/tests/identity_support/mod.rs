//! Two registered clinics with an administrator each; every test works in the first.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::missing_panics_doc)]

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use service::identity::{
    FirstUser, Identity, Keyring, Login, NewAccount, NewClinic, NewRole, SecondFactorCode, Token, accept_invitation,
    authenticate, begin_enrolment, code_at, confirm_enrolment, confirm_role, create_user, give_second_factor, log_in,
    register_clinic,
};
use service::{Caller, Clock, Problem, Role, Service, Work};
use store::audit::{self, Order, Search};
use store::testing::TestDatabase;
use store::{Actor, Database, Secret, TenantId, UserId, outbox};

pub const PASSWORD: &str = "kettle drum over blue hills";
const START: &str = "2026-10-01T00:00:00Z";

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn secret(text: &str) -> Secret<String> {
    Secret::from(text)
}

/// A module that is never asked here.
struct NoModule;

impl calculation::CalculationModule for NoModule {
    fn capabilities(&self) -> calculation::Capabilities {
        unreachable!("no calculation here")
    }
    fn calculate(&self, _: &calculation::Request) -> Result<calculation::Response, calculation::Problem> {
        unreachable!("no calculation here")
    }
}

/// A user with password and second factor.
pub struct Member {
    pub id: UserId,
    pub login: String,
    pub totp: Secret<String>,
    pub recovery: Vec<Secret<String>>,
}

impl Member {
    pub fn code(&self, now: DateTime<Utc>) -> SecondFactorCode {
        SecondFactorCode::Totp(code_at(&self.totp, now).unwrap())
    }
}

pub struct Desk {
    pub database: Database,
    pub administrator: Member,
    keys: Secret<String>,
    _test: TestDatabase,
}

impl Desk {
    pub fn new() -> Self {
        let test = TestDatabase::new().unwrap_or_else(|error| panic!("{error}"));
        let administrator = Member { id: UserId::new(), login: "admin".into(), totp: secret(""), recovery: Vec::new() };
        let keys = Keyring::generate().unwrap();
        let mut desk = Self { database: test.connect(4).unwrap(), administrator, keys, _test: test };
        let mut first = None;
        for code in ["clinic-a", "clinic-b"] {
            let user =
                FirstUser { login: "admin".into(), display_name: "管理 花子".into(), role: Role::Administrator };
            let new = NewClinic { code: code.into(), first_receipt_number: 1, users: vec![user] };
            let registered = register_clinic(&desk.at(at(START)), Actor::System("operator"), &new, None).unwrap();
            first.get_or_insert(registered.invitations[0].1.token.clone());
        }
        desk.administrator = desk.enrol("admin", &first.unwrap(), at(START));
        desk
    }

    /// The service at an instant.
    pub fn at(&self, now: DateTime<Utc>) -> Service {
        let service = Service::new(self.database.clone(), Arc::new(NoModule), Clock::Fixed(now));
        service.with_keyring(Keyring::parse(&self.keys).unwrap())
    }

    pub fn caller(&self, tenant: i64) -> Caller {
        Caller { tenant: TenantId::new(tenant).unwrap(), actor: Actor::System("test"), origin: None }
    }

    pub fn login(&self, login: &str) -> Login {
        Login { clinic: "clinic-a".into(), login: login.into(), password: secret(PASSWORD), reason: None }
    }

    pub fn account(login: &str, roles: &[Role]) -> NewAccount {
        let roles = roles.iter().map(|role| NewRole { role: *role, valid_until: None }).collect();
        NewAccount {
            login: login.into(), display_name: "見本".into(), roles, expires_at: None, is_break_glass: false
        }
    }

    /// A user that is invited.
    pub fn create(&self, login: &str, roles: &[Role]) -> (UserId, Token) {
        let (id, invited) = self.admin(|work| create_user(work, &Self::account(login, roles)));
        for role in roles.iter().filter(|role| role.needs_confirmation()) {
            self.as_system(|work| confirm_role(work, id, *role)).unwrap();
        }
        (id, invited.token)
    }

    /// A user with password and second factor.
    pub fn user(&self, login: &str, roles: &[Role], now: DateTime<Utc>) -> Member {
        let (_, token) = self.create(login, roles);
        self.enrol(login, &token, now)
    }

    fn enrol(&self, login: &str, invitation: &Token, now: DateTime<Utc>) -> Member {
        let service = self.at(now);
        accept_invitation(&service, invitation, &secret(PASSWORD), None).unwrap();
        let opened = log_in(&service, &self.login(login), None).unwrap();
        let enrolment = begin_enrolment(&service, &opened.token, None).unwrap();
        let code = code_at(&enrolment.secret, now).unwrap();
        let recovery = confirm_enrolment(&service, &opened.token, &code, None).unwrap();
        self.as_system(|work| service::identity::close_sessions_of(work, opened.user, None)).unwrap();
        Member { id: opened.user, login: login.into(), totp: enrolment.secret, recovery }
    }

    /// A session with both factors.
    pub fn session(&self, user: &Member, now: DateTime<Utc>) -> Token {
        let opened = log_in(&self.at(now), &self.login(&user.login), None).unwrap();
        give_second_factor(&self.at(now), &opened.token, &user.code(now), None).unwrap();
        opened.token
    }

    pub fn identity(&self, token: &Token, now: DateTime<Utc>) -> Result<Identity, Problem> {
        self.work(token, now, |work| authenticate(work, token, None))
    }

    pub fn work<T>(
        &self,
        token: &Token,
        now: DateTime<Utc>,
        use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        self.at(now).run(&self.caller(token.tenant.get()), use_case)
    }

    pub fn as_user<T>(
        &self,
        user: UserId,
        now: DateTime<Utc>,
        use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let caller = Caller { actor: Actor::User(user.get()), ..self.caller(1) };
        self.at(now).run(&caller, use_case)
    }

    pub fn as_system<T>(&self, use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>) -> Result<T, Problem> {
        self.at(at(START)).run(&self.caller(1), use_case)
    }

    pub fn admin_at<T>(
        &self,
        now: DateTime<Utc>,
        use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        self.as_user(self.administrator.id, now, use_case)
    }

    pub fn try_admin<T>(&self, use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>) -> Result<T, Problem> {
        self.admin_at(at("2026-10-05T02:00:00Z"), use_case)
    }

    pub fn admin<T>(&self, use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>) -> T {
        self.try_admin(use_case).unwrap()
    }

    fn events(&self) -> Vec<audit::AuditEvent> {
        let day = |text: &str| text.parse().unwrap();
        let wanted = Search {
            from: day("2026-10-01"),
            to: day("2026-12-31"),
            by: None,
            patient: None,
            action: None,
            order: Order::OldestFirst,
            after: None,
            limit: 1_000,
        };
        self.database.in_tenant(TenantId::new(1).unwrap(), |tx| audit::search(tx, &wanted)).unwrap()
    }

    /// Reasons of the events of an action.
    pub fn actions(&self, action: &str) -> Vec<String> {
        let events = self.events().into_iter().filter(|event| event.action == action);
        events.map(|event| event.reason.unwrap_or_default()).collect()
    }

    /// The whole trail as text.
    pub fn trail(&self) -> String {
        self.events().iter().map(|event| service::trail::to_json(event).to_string()).collect()
    }

    pub fn faults(&self) -> usize {
        self.database.in_tenant(TenantId::new(1).unwrap(), |tx| audit::verify(tx, &[])).unwrap().len()
    }

    /// Kinds of the events told to EMRs and screens.
    pub fn told(&self) -> Vec<String> {
        let read = self.database.in_tenant(TenantId::new(1).unwrap(), |tx| outbox::after(tx, 0, 100)).unwrap();
        read.into_iter().map(|event| event.kind).collect()
    }

    pub fn later(now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::minutes(1)
    }
}
