//! The structs of a network, from the names of its parameters.

use burn_zoo_models::{Graph, Node, Op};

/// A module of the network.
#[derive(Debug, Clone)]
pub(super) enum Module {
    /// A layer of Burn's, by the number of its node.
    Layer(usize),
    /// Modules that are numbered.
    List(Vec<Module>),
    /// Modules that have names, in the order in which they compute first.
    Struct(Vec<(String, Module)>),
}

/// A struct that is written once, for all modules of its kind.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    /// Its name in Rust.
    pub name: String,
    /// The most fields that a module of it has; the others are `None` there.
    pub fields: Vec<Field>,
    /// The names of its modules: `layer1.0`.
    pub instances: Vec<String>,
}

/// A field of a struct.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub name: String,
    pub of: Type,
    /// Whether some modules have none.
    pub is_optional: bool,
}

/// The type of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// A layer of Burn's: `Conv2d`.
    Layer(&'static str),
    /// A struct, by its number among [`Network::kinds`].
    Struct(usize),
    Vec(Box<Type>),
    Tuple(Vec<Type>),
}

/// All modules of a network.
#[derive(Debug)]
pub(super) struct Network {
    pub root: Vec<(String, Module)>,
    pub kinds: Vec<Kind>,
}

/// The modules of a graph.
///
/// # Errors
/// What cannot be written.
pub(super) fn of(graph: &Graph) -> Result<Network, String> {
    let mut root = Module::Struct(Vec::new());
    for (number, node) in graph.nodes().iter().enumerate() {
        if !node.parameters.is_empty() {
            let names: Vec<&str> = node.name.split('.').collect();
            insert(&mut root, &names, number).ok_or_else(|| format!("the module {}", node.name))?;
        }
    }
    let Module::Struct(root) = lists(root) else {
        return Err("a network whose modules are numbered".into());
    };
    let mut network = Network {
        root: Vec::new(),
        kinds: Vec::new(),
    };
    for (name, module) in &root {
        gather(graph.nodes(), module, name, &mut network.kinds)?;
    }
    network.root = root;
    Ok(network)
}

/// Puts a layer at the place of its names.
fn insert(module: &mut Module, names: &[&str], number: usize) -> Option<()> {
    let (Module::Struct(fields), [first, rest @ ..]) = (module, names) else {
        return None;
    };
    let found = fields.iter_mut().find(|(name, _)| name == first);
    match (found, rest) {
        (None, []) => fields.push(((*first).into(), Module::Layer(number))),
        (Some(_), []) => return None,
        (Some((_, inner)), rest) => insert(inner, rest, number)?,
        (None, rest) => {
            let mut inner = Module::Struct(Vec::new());
            insert(&mut inner, rest, number)?;
            fields.push(((*first).into(), inner));
        }
    }
    Some(())
}

/// The same with lists where names are numbers.
fn lists(module: Module) -> Module {
    let Module::Struct(fields) = module else {
        return module;
    };
    let mut fields = fields.into_iter();
    let fields: Vec<_> = fields
        .by_ref()
        .map(|(name, inner)| (name, lists(inner)))
        .collect();
    let numbers = fields.iter().enumerate();
    let is_list = numbers
        .clone()
        .all(|(number, (name, _))| *name == number.to_string());
    match is_list && !fields.is_empty() {
        true => Module::List(fields.into_iter().map(|(_, inner)| inner).collect()),
        false => Module::Struct(fields),
    }
}

/// Makes kinds of all structs in a module, the inner ones first.
fn gather(
    nodes: &[Node],
    module: &Module,
    name: &str,
    kinds: &mut Vec<Kind>,
) -> Result<(), String> {
    match module {
        Module::Layer(_) => {}
        Module::List(modules) => {
            for (number, inner) in modules.iter().enumerate() {
                gather(nodes, inner, &format!("{name}.{number}"), kinds)?;
            }
        }
        Module::Struct(fields) => {
            for (field, inner) in fields {
                gather(nodes, inner, &format!("{name}.{field}"), kinds)?;
            }
            let fields = fields.iter().map(|(field, inner)| {
                Ok(Field {
                    name: field.clone(),
                    of: type_of(nodes, inner, &format!("{name}.{field}"), kinds)?,
                    is_optional: false,
                })
            });
            let fields: Vec<Field> = fields.collect::<Result<_, String>>()?;
            let known = kinds
                .iter_mut()
                .find_map(|kind| kind.with(&fields).map(|all| (kind, all)));
            match known {
                Some((kind, all)) => {
                    kind.fields = all;
                    kind.instances.push(name.into());
                }
                None => kinds.push(Kind {
                    name: match kinds.len() {
                        0 => "Block".into(),
                        others => format!("Block{}", others + 1),
                    },
                    fields,
                    instances: vec![name.into()],
                }),
            }
        }
    }
    Ok(())
}

impl Kind {
    /// Its fields and those of another module, if one has all fields of the other, each of the same type.
    fn with(&self, others: &[Field]) -> Option<Vec<Field>> {
        let (more, fewer) = match self.fields.len() >= others.len() {
            true => (&self.fields[..], others),
            false => (others, &self.fields[..]),
        };
        let in_fewer = |field: &Field| fewer.iter().find(|other| other.name == field.name);
        let of_both = more.iter().filter_map(in_fewer).count();
        let agree = more
            .iter()
            .all(|field| in_fewer(field).is_none_or(|other| other.of == field.of));
        (agree && of_both == fewer.len()).then(|| {
            let fields = more.iter().map(|field| Field {
                is_optional: in_fewer(field)
                    .is_none_or(|other| other.is_optional || field.is_optional),
                ..field.clone()
            });
            fields.collect()
        })
    }
}

/// The type of a module whose structs have kinds.
pub(super) fn type_of(
    nodes: &[Node],
    module: &Module,
    name: &str,
    kinds: &[Kind],
) -> Result<Type, String> {
    Ok(match module {
        Module::Layer(number) => Type::Layer(match nodes[*number].op {
            Op::Conv2d(_) => "Conv2d",
            Op::Linear => "Linear",
            Op::BatchNorm2d => "BatchNorm",
            _ => return Err(format!("the layer {name}")),
        }),
        Module::List(modules) => {
            let types = modules.iter().enumerate();
            let types = types
                .map(|(number, inner)| type_of(nodes, inner, &format!("{name}.{number}"), kinds));
            let types: Vec<Type> = types.collect::<Result<_, String>>()?;
            match types.iter().all(|one| *one == types[0]) {
                true => Type::Vec(Box::new(types[0].clone())),
                false => Type::Tuple(types),
            }
        }
        Module::Struct(_) => {
            let is_of = |kind: &Kind| kind.instances.iter().any(|own| own == name);
            let number = kinds.iter().position(is_of);
            Type::Struct(number.ok_or_else(|| format!("the module {name}"))?)
        }
    })
}

impl Network {
    /// The type of one of the fields of the network.
    pub fn type_of(&self, nodes: &[Node], name: &str, module: &Module) -> Type {
        type_of(nodes, module, name, &self.kinds)
            .expect("it was found when the kinds were gathered")
    }

    /// The struct's module that a module of that name is in, with the number of its kind.
    pub fn instance_of(&self, name: &str) -> Option<(usize, &str)> {
        let inside = |own: &str| {
            name.strip_prefix(own)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        let kinds = self.kinds.iter().enumerate();
        let mut found = kinds.flat_map(|(number, kind)| {
            let instances = kind.instances.iter().filter(|own| inside(own));
            instances.map(move |own| (number, own.as_str()))
        });
        found.next()
    }
}
