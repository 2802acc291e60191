use syn::{Attribute, Expr, Lit, Meta};

/// The doc comment as markdown, without the space that follows the slashes.
pub fn documentation(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes.iter().filter_map(line).collect();
    lines.join("\n").trim().to_owned()
}

fn line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    let Expr::Lit(literal) = &meta.value else {
        return None;
    };
    let Lit::Str(text) = &literal.lit else {
        return None;
    };
    let text = text.value();
    let stripped = text.strip_prefix(' ').unwrap_or(&text).trim_end();
    meta.path.is_ident("doc").then(|| stripped.to_owned())
}

#[cfg(test)]
mod tests {
    use syn::{DeriveInput, parse_quote};

    use super::*;

    #[test]
    fn paragraphs_and_indentation_are_kept() {
        let input: DeriveInput = parse_quote! {
            /// One line.
            ///
            /// - a list
            ///   goes on
            struct M {}
        };
        assert_eq!(documentation(&input.attrs), "One line.\n\n- a list\n  goes on");
    }
}
