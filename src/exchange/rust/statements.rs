//! The statements of a forward pass.

use super::forward::{Body, Does, Step, Value};
use super::modules::{Field, Network, Type};
use burn_zoo_models::Window;

/// The body of a function that computes a pass of what is named `given`, with the fields of `self`.
pub(super) fn statements(
    pass: &Body,
    given: &str,
    fields: &[Field],
    network: &Network,
) -> Vec<String> {
    let steps = &pass.steps;
    let last_use = |value: Value| steps.iter().rposition(|step| step.inputs.contains(&value));
    let mut names: Vec<(Value, String)> = vec![(Value::Given, given.into())];
    let mut lines = Vec::new();
    let mut number = 0;
    while number < steps.len() {
        let step = &steps[number];
        let named = |value: Value| {
            let (_, name) = names
                .iter()
                .find(|(own, _)| *own == value)
                .expect("it was computed");
            match last_use(value) {
                Some(last) if last > number => format!("{name}.clone()"),
                _ => name.clone(),
            }
        };
        let inputs: Vec<String> = step.inputs.iter().map(|&input| named(input)).collect();
        let follows = |next: usize, before: usize| {
            steps
                .get(next)
                .is_some_and(|step| step.inputs == [Value::Step(before)])
                && last_use(Value::Step(before)) == Some(next)
        };
        let mut last = number;
        let whole = whole_list(step, &steps[number..], fields, |n| {
            follows(number + n, number + n - 1)
        });
        let mut text = match whole {
            Some((field, len)) => {
                last += len - 1;
                format!(
                    "self.{field}.iter().fold({}, |x, block| block.forward(x))",
                    inputs[0]
                )
            }
            None => expression(step, &inputs, fields, network),
        };
        while follows(last + 1, last) && !step.is_optional_step() {
            match steps[last + 1].does {
                Does::Relu => text = format!("relu({text})"),
                Does::Sigmoid => text = format!("sigmoid({text})"),
                _ => break,
            }
            last += 1;
        }
        // The result takes the name of what nobody needs any more.
        let free = step.inputs.iter().find(|&&input| {
            last_use(input).is_none_or(|at| at <= number)
                && !(input == Value::Given && given != "x")
        });
        let name_of = |value: Value| {
            names
                .iter()
                .find(|(own, _)| *own == value)
                .map(|(_, name)| name.clone())
        };
        let name = free.and_then(|&input| name_of(input)).unwrap_or_else(|| {
            let live = |name: &str| {
                names.iter().any(|(value, own)| {
                    own == name && last_use(*value).is_some_and(|at| at > number)
                })
            };
            let names = ["x", "y", "z", "w"].into_iter().find(|name| !live(name));
            names.unwrap_or("v").to_owned()
        });
        names.retain(|(_, own)| *own != name);
        match last + 1 == steps.len() {
            true => lines.extend(indented(&text)),
            false => lines.extend(indented(&format!("let {name} = {text};"))),
        }
        names.push((Value::Step(last), name));
        number = last + 1;
    }
    lines
}

fn indented(text: &str) -> Vec<String> {
    text.lines().map(|line| format!("        {line}")).collect()
}

/// The field whose modules all compute one after the other from here, and their number.
fn whole_list(
    step: &Step,
    steps: &[Step],
    fields: &[Field],
    follows: impl Fn(usize) -> bool,
) -> Option<(String, usize)> {
    let Does::Module(name) = &step.does else {
        return None;
    };
    let (field, "0") = name.rsplit_once('.')? else {
        return None;
    };
    let known = fields.iter().find(|own| own.name == field)?;
    if !matches!(&known.of, Type::Vec(inner) if matches!(**inner, Type::Struct(_))) {
        return None;
    }
    let is_next = |number: &usize| {
        let does = steps.get(*number).map(|step| &step.does);
        does == Some(&Does::Module(format!("{field}.{number}")))
    };
    let len = (0..).take_while(is_next).count();
    ((1..len).all(follows) && len > 1).then(|| (field.to_owned(), len))
}

impl Step {
    fn is_optional_step(&self) -> bool {
        matches!(self.does, Does::Optional(..))
    }
}

fn expression(step: &Step, inputs: &[String], fields: &[Field], network: &Network) -> String {
    let x = &inputs[0];
    let window = |name: &str, window: &Window| {
        format!(
            "{name}({x}, {}, {}, {})",
            window.size, window.stride, window.padding
        )
    };
    match &step.does {
        Does::Module(name) => format!("{}.forward({x})", place("self", name, fields, network)),
        Does::Optional(field, modules) => {
            let mut text = x.clone();
            for module in modules {
                let Does::Module(name) = module else {
                    unreachable!("a field has modules only")
                };
                text = format!("{}.forward({text})", place("", name, fields, network));
            }
            format!("match &self.{field} {{\n    Some({field}) => {text},\n    None => {x},\n}}")
        }
        Does::Relu => format!("relu({x})"),
        Does::Sigmoid => format!("sigmoid({x})"),
        Does::MaxPool(own) => window("max_pool", own),
        Does::AvgPool(own) => window("avg_pool", own),
        Does::GlobalAvgPool => format!("{x}.mean_dim(3).mean_dim(2)"),
        Does::Flatten => format!("{x}.flatten(1, 3)"),
        Does::Add => format!("{x} + {}", inputs[1]),
    }
}

/// Where a module is: `self.hidden[0]`; without `base`, from the name of its field.
fn place(base: &str, name: &str, fields: &[Field], network: &Network) -> String {
    let mut names = name.split('.');
    let first = names.next().unwrap_or_default();
    let field = fields.iter().find(|field| field.name == first);
    let mut of = &field.expect("a module is in a field").of;
    let mut text = match base {
        "" => first.to_owned(),
        base => format!("{base}.{first}"),
    };
    for name in names {
        of = match of {
            Type::Vec(inner) => {
                text += &format!("[{name}]");
                inner
            }
            Type::Tuple(types) => {
                text += &format!(".{name}");
                &types[name.parse::<usize>().expect("a list is numbered")]
            }
            Type::Struct(kind) => {
                text += &format!(".{name}");
                let mut fields = network.kinds[*kind].fields.iter();
                &fields
                    .find(|field| field.name == name)
                    .expect("a field of the struct")
                    .of
            }
            Type::Layer(_) => unreachable!("a layer has no modules"),
        };
    }
    text
}
