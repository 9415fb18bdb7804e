//! Permissions and the roles that carry them.
//!
//! Source: spec of the front desk, roles of a clinic; scopes of API clients use the same words.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As written.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The one that is written so.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What somebody may do (権限).
    Permission {
        /// Look at patients, payers, diagnoses.
        PatientRead = "patient.read",
        /// Register and change patients.
        PatientWrite = "patient.write",
        /// Register and change 保険・公費 and eligibility results.
        InsuranceWrite = "insurance.write",
        /// 傷病名.
        DiagnosisWrite = "diagnosis.write",
        /// Look at the reception list.
        ReceptionRead = "reception.read",
        /// Check in, change the state of a visit.
        ReceptionWrite = "reception.write",
        /// Look at orders and visits.
        OrderRead = "order.read",
        /// Push orders.
        OrderWrite = "order.write",
        /// Look at bills, payments, debts.
        BillRead = "bill.read",
        /// Edit and settle visits.
        BillWrite = "bill.write",
        /// Correct a settled visit.
        BillCorrect = "bill.correct",
        /// Take money.
        PaymentWrite = "payment.write",
        /// Give money back.
        Refund = "refund",
        /// Receipts and statements.
        Print = "print",
        /// 仮締め of a till.
        CloseShift = "close.shift",
        /// 本締め of a day and its reopening.
        CloseDay = "close.day",
        /// Ask for a write-off.
        WriteOffRequest = "debt.writeoff.request",
        /// Approve a write-off.
        WriteOffApprove = "writeoff.approve",
        /// Check rules of the clinic.
        CheckRule = "check.rule",
        /// Make and confirm claims.
        ClaimWrite = "claim.write",
        /// Approve claims.
        ClaimApprove = "claim.approve",
        /// All figures.
        ReportAll = "report.all",
        /// Look codes up.
        MasterRead = "master.read",
        /// Institution, standards, hours, masters.
        MasterWrite = "master.write",
        /// Users, roles, API clients.
        AccountWrite = "account.write",
        /// The audit trail.
        AuditRead = "audit.read",
        /// Follow events.
        EventRead = "event.read",
    }
}

words! {
    /// A person's role at the clinic (役割).
    Role {
        /// 受付.
        Reception = "reception",
        /// 会計.
        Cashier = "cashier",
        /// 医事主任.
        BillingLead = "billing_lead",
        /// 院長.
        Director = "director",
        /// 管理者.
        Administrator = "administrator",
        /// 監査.
        Auditor = "auditor",
    }
}

impl Permission {
    /// True when a machine may have it. What binds the clinic or changes who may do what needs a person.
    pub const fn is_for_machines(self) -> bool {
        !matches!(
            self,
            Self::AccountWrite | Self::ClaimApprove | Self::WriteOffApprove | Self::WriteOffRequest | Self::CloseDay
        )
    }
}

impl Role {
    /// True when a second account holder must confirm that somebody gets it (二人承認).
    pub const fn needs_confirmation(self) -> bool {
        matches!(self, Self::Director | Self::Administrator)
    }

    /// True when it is only given for a time: the auditor comes from outside.
    pub const fn needs_end(self) -> bool {
        matches!(self, Self::Auditor)
    }

    /// What the role may do.
    pub fn permissions(self) -> Vec<Permission> {
        use Permission as P;
        let reception = [
            P::PatientRead,
            P::PatientWrite,
            P::InsuranceWrite,
            P::ReceptionRead,
            P::ReceptionWrite,
            P::OrderRead,
            P::BillRead,
            P::MasterRead,
            P::EventRead,
        ];
        let cashier = [P::BillWrite, P::PaymentWrite, P::Print, P::CloseShift, P::DiagnosisWrite, P::OrderWrite];
        let lead = [P::BillCorrect, P::Refund, P::CheckRule, P::ClaimWrite, P::CloseDay, P::WriteOffRequest];
        let director = [P::ClaimApprove, P::WriteOffApprove, P::ReportAll, P::AuditRead];
        match self {
            Self::Reception => reception.to_vec(),
            Self::Cashier => [reception.as_slice(), &cashier].concat(),
            Self::BillingLead => [reception.as_slice(), &cashier, &lead].concat(),
            Self::Director => [reception.as_slice(), &cashier, &lead, &director].concat(),
            Self::Administrator => vec![P::MasterRead, P::MasterWrite, P::AccountWrite, P::AuditRead, P::EventRead],
            Self::Auditor => vec![P::PatientRead, P::BillRead, P::AuditRead],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cashier_takes_money_and_gives_none_back() {
        let may = Role::Cashier.permissions();
        assert!(may.contains(&Permission::PaymentWrite) && !may.contains(&Permission::Refund));
    }

    #[test]
    fn an_administrator_sees_no_patient() {
        let may = Role::Administrator.permissions();
        assert!(!may.contains(&Permission::PatientRead) && may.contains(&Permission::AccountWrite));
    }

    #[test]
    fn words_read_back() {
        assert!(Permission::ALL.iter().all(|word| Permission::parse(word.as_str()) == Some(*word)));
        assert!(Role::ALL.iter().all(|word| Role::parse(word.as_str()) == Some(*word)));
    }
}
