import LeibnizCore

/// Finds what changes among stored properties: parameters and random streams.
enum ParameterWalk {
    /// A cell of a model.
    enum Leaf {
        case parameter(Parameter)
        case stream(RandomStream)
    }

    /// Calls `body` for each parameter and random stream below `value`, with its path; shared ones several times.
    static func visit(_ value: Any, path: [String], _ body: (String, Leaf) -> Void) {
        if let parameter = value as? Parameter {
            let own = parameter.ownName.map { path.dropLast() + [$0] } ?? path
            return body(own.joined(separator: "."), .parameter(parameter))
        }
        if let stream = value as? RandomStream { return body(path.joined(separator: "."), .stream(stream)) }
        if let container = value as? any ModuleContainer {
            for (name, part) in container.parts { visit(part, path: path + [name], body) }
            return
        }
        if value is Tensor { return }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: for child in mirror.children { visit(child.value, path: path, body) }
        case .collection:
            // Long lists of numbers hold no parameters.
            if let first = mirror.children.first?.value, first is any Numeric || first is Bool { return }
            for (place, child) in mirror.children.enumerated() { visit(child.value, path: path + ["\(place)"], body) }
        case .dictionary: for (key, part) in pairs(of: mirror) { visit(part, path: path + [key], body) }
        case .struct, .tuple, .enum: visitProperties(of: mirror, path: path, body)
        // Other classes may refer to each other in circles.
        case .class where value is any Module: visitProperties(of: mirror, path: path, body)
        default: break
        }
    }

    private static func visitProperties(of mirror: Mirror, path: [String], _ body: (String, Leaf) -> Void) {
        if let parent = mirror.superclassMirror { visitProperties(of: parent, path: path, body) }
        for child in mirror.children { visit(child.value, path: path + [child.label ?? ""], body) }
    }

    /// Keys in words with their values, in the order of the keys, so that paths come in the same order in every run: numbers by
    /// size, all else by letters.
    private static func pairs(of dictionary: Mirror) -> [(key: String, value: Any)] {
        let pairs = dictionary.children.compactMap { child -> (key: String, number: Int?, value: Any)? in
            let pair = Array(Mirror(reflecting: child.value).children)
            return pair.count == 2 ? ("\(pair[0].value)", pair[0].value as? Int, pair[1].value) : nil
        }
        return pairs.sorted { a, b in
            if let left = a.number, let right = b.number { return left < right }
            return a.key < b.key
        }.map { ($0.key, $0.value) }
    }
}
