import LeibnizCore

/// Finds the cells among stored properties that are no parameters: the state of an optimizer, the places of random streams.
///
/// Names are the property paths, such as `moments.means.0`, so that every optimizer can be saved without a word about it. The
/// plans that an object keeps are no state.
enum CellWalk {
    /// All cells below `value` with their paths, each once.
    static func cells(of value: Any, name: String) -> NamedCells {
        var walk = Walk()
        walk.visit(value, path: [])
        return NamedCells(name: name, cells: walk.found)
    }

    private struct Walk {
        var found: [(name: String, variable: Variable)] = []
        /// Objects may refer to each other in circles.
        private var seen: Set<ObjectIdentifier> = []

        mutating func visit(_ value: Any, path: [String]) {
            if value is Tensor || value is Parameter || value is StepCache { return }
            let mirror = Mirror(reflecting: value)
            if mirror.displayStyle == .class {
                guard seen.insert(ObjectIdentifier(value as AnyObject)).inserted else { return }
            }
            if let variable = value as? Variable {
                found.append((path.joined(separator: "."), variable))
                return
            }
            switch mirror.displayStyle {
            case .optional: for child in mirror.children { visit(child.value, path: path) }
            case .collection:
                // Long lists of numbers hold no cells.
                if let first = mirror.children.first?.value, first is any Numeric || first is Bool { return }
                for (place, child) in mirror.children.enumerated() { visit(child.value, path: path + ["\(place)"]) }
            case .dictionary:
                let pairs = mirror.children.map { Array(Mirror(reflecting: $0.value).children) }
                for pair in pairs.sorted(by: { "\($0[0].value)" < "\($1[0].value)" }) {
                    visit(pair[1].value, path: path + ["\(pair[0].value)"])
                }
            case .struct, .tuple, .enum, .class:
                for child in mirror.children { visit(child.value, path: path + [child.label ?? ""]) }
            default: break
            }
        }
    }
}
