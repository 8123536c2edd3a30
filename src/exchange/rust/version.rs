//! The versions of Burn that source is written for.

use super::modules::{Network, Type};

/// A version of Burn that source is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BurnVersion {
    /// 0.21, whose modules are generic over the backend.
    V0_21,
    /// 0.22, whose devices are chosen when the program runs.
    V0_22,
}

/// How a version of Burn writes types.
pub(super) struct Types {
    /// After the name of a type or a function that is declared: `<B: Backend>`.
    pub declared: &'static str,
    /// After the name of one that is used: `<B>`.
    pub used: &'static str,
    pub device: &'static str,
    pub import: &'static str,
    pub version: &'static str,
}

impl BurnVersion {
    pub(super) fn types(self) -> Types {
        match self {
            Self::V0_21 => Types {
                declared: "<B: Backend>",
                used: "<B>",
                device: "&B::Device",
                import: "use burn::tensor::{Tensor, backend::Backend};",
                version: "0.21",
            },
            Self::V0_22 => Types {
                declared: "",
                used: "",
                device: "&Device",
                import: "use burn::tensor::{Device, Tensor};",
                version: "0.22",
            },
        }
    }
}

impl Types {
    pub fn tensor(&self, axes: usize) -> String {
        match self.used {
            "" => format!("Tensor<{axes}>"),
            _ => format!("Tensor<B, {axes}>"),
        }
    }

    pub fn of(&self, of: &Type, network: &Network) -> String {
        match of {
            Type::Layer(name) => format!("{name}{}", self.used),
            Type::Struct(kind) => format!("{}{}", network.kinds[*kind].name, self.used),
            Type::Vec(inner) => format!("Vec<{}>", self.of(inner, network)),
            Type::Tuple(types) => {
                let types: Vec<_> = types.iter().map(|own| self.of(own, network)).collect();
                format!("({})", types.join(", "))
            }
        }
    }
}
