extension LoopNest: CustomStringConvertible {
    /// The nest as pseudo-code: loops, loads, expressions (written out where they are used once), reductions, stores.
    public var description: String {
        var printer = NestPrinter(self)
        return printer.print()
    }
}

extension Affine: CustomStringConvertible {
    /// As in `32*i0 + i2 - 1`.
    public var description: String {
        var text = ""
        for term in terms {
            let size = term.stride.magnitude == 1 ? "i\(term.axis)" : "\(term.stride.magnitude)*i\(term.axis)"
            text += text.isEmpty ? (term.stride < 0 ? "-" : "") : (term.stride < 0 ? " - " : " + ")
            text += size
        }
        if text.isEmpty { return "\(offset)" }
        return offset == 0 ? text : text + (offset < 0 ? " - " : " + ") + "\(offset.magnitude)"
    }
}

/// Writes one nest, line by line.
private struct NestPrinter {
    let nest: LoopNest
    private var lines: [String] = []
    private var indentation = 0
    /// How often each value is used within the stage being written.
    private var uses: [Int] = []
    /// The names of values that have a line of their own here.
    private var named: Set<ValueID> = []

    init(_ nest: LoopNest) { self.nest = nest }

    private mutating func line(_ text: String) {
        lines.append(String(repeating: "  ", count: indentation) + text)
    }

    mutating func print() -> String {
        line("nest \(nest.name)")
        indentation = 1
        for (number, buffer) in nest.buffers.enumerated() {
            line("\(buffer.role) b\(number): \(buffer.type)[\(buffer.count)]")
        }
        for axis in nest.outer {
            let bands =
                nest.bands.flatMap { $0.cuts(axis) ? ", in bands of \($0.axis == axis ? $0.length : 1)" : nil } ?? ""
            open(axis, nest.sequential.contains(axis) ? " (sequential)" : " (parallel\(bands))")
        }
        for stage in nest.stages { print(stage) }
        return lines.joined(separator: "\n")
    }

    private mutating func open(_ axis: Int, _ kind: String) {
        let extent = nest.axes.indices.contains(axis) ? "\(nest.axes[axis].extent)" : "?"
        line("for i\(axis) in 0..<\(extent)\(kind)")
        indentation += 1
    }

    private mutating func print(_ stage: Stage) {
        let outside = indentation
        countUses(in: stage)
        for number in stage.reductions { line("r\(number) = \(start(number))") }
        for axis in stage.axes { open(axis, stage.ordered ? " (ordered)" : "") }
        for number in stage.reductions where nest.reductions.indices.contains(number) {
            let reduction = nest.reductions[number]
            nameShared(reduction.value)
            let value = text(reduction.value)
            switch reduction.operation {
            case .sum: line("r\(number) += \(value)")
            case .product: line("r\(number) *= \(value)")
            case .max, .min: line("r\(number) = \(reduction.operation)(r\(number), \(value))")
            case .argMax, .argMin: line("r\(number) = \(reduction.operation)(\(value))")
            }
        }
        for store in stage.stores {
            nameShared(store.value)
            for gather in store.access.gathers { nameShared(gather.value) }
            let condition = store.access.bounds.isEmpty ? "" : "if \(text(store.access.bounds)): "
            line("\(condition)\(address(store.access)) \(store.mode == .write ? "=" : "+=") \(text(store.value))")
        }
        indentation = outside
        named = []
    }

    private func start(_ number: Int) -> String {
        guard nest.reductions.indices.contains(number) else { return "?" }
        return switch nest.reductions[number].operation {
        case .sum: "0"
        case .product: "1"
        case .max: "least"
        case .min: "greatest"
        case .argMax, .argMin: "-1"
        }
    }

    // MARK: Expressions

    private mutating func countUses(in stage: Stage) {
        uses = Array(repeating: 0, count: nest.values.count)
        var open = stage.reductions.filter(nest.reductions.indices.contains).map { nest.reductions[$0].value }
        open += stage.stores.flatMap { [$0.value] + $0.access.gathers.map(\.value) }
        while let number = open.popLast() {
            guard uses.indices.contains(number) else { continue }
            uses[number] += 1
            if uses[number] == 1 { open += operands(of: number) }
        }
    }

    /// Only older values, so that even a broken nest can be printed.
    private func operands(of number: ValueID) -> [ValueID] {
        nest.values[number].operation.operands.filter { $0 >= 0 && $0 < number }
    }

    /// Gives a line to every value under a root that is used more than once and is not trivial.
    private mutating func nameShared(_ root: ValueID) {
        var needed: Set<ValueID> = []
        var open = [root]
        while let number = open.popLast() {
            guard nest.values.indices.contains(number), !named.contains(number), needed.insert(number).inserted
            else { continue }
            open += operands(of: number)
        }
        // Nesting is limited too: a chain of thousands must not become one line.
        var depths: [ValueID: Int] = [:]
        for number in needed.sorted() {
            let depth = 1 + (operands(of: number).compactMap { depths[$0] }.max() ?? 0)
            depths[number] = depth
            if isTrivial(number) || (uses[number] < 2 && depth < 12) { continue }
            line("v\(number): \(nest.values[number].type) = \(expression(number))")
            named.insert(number)
            depths[number] = 0
        }
    }

    private func isTrivial(_ number: ValueID) -> Bool {
        switch nest.values[number].operation {
        case .float, .integer, .reduced: true
        default: false
        }
    }

    private func text(_ number: ValueID) -> String {
        guard nest.values.indices.contains(number) else { return "v\(number)?" }
        return named.contains(number) ? "v\(number)" : expression(number)
    }

    private func expression(_ number: ValueID) -> String {
        let value = nest.values[number]
        func operand(_ other: ValueID) -> String { other < number ? text(other) : "v\(other)?" }
        switch value.operation {
        case .float(let x): return "\(x)"
        case .integer(let x): return value.type == .bool ? (x == 0 ? "false" : "true") : "\(x)"
        case .index(let affine): return "(\(affine))"
        case .load(let access):
            let element = address(access)
            return access.bounds.isEmpty ? element : "(if \(text(access.bounds)): \(element) else 0)"
        case .within(let bounds): return bounds.isEmpty ? "true" : "(\(text(bounds)))"
        case .unary(let operation, let a): return "\(operation)(\(operand(a)))"
        case .binary(let operation, let a, let b):
            guard let symbol = symbol(operation) else { return "\(operation)(\(operand(a)), \(operand(b)))" }
            return "(\(operand(a)) \(symbol) \(operand(b)))"
        case .compare(let comparison, let a, let b): return "(\(operand(a)) \(symbol(comparison)) \(operand(b)))"
        case .select(let condition, let a, let b): return "(\(operand(condition)) ? \(operand(a)) : \(operand(b)))"
        case .convert(let a): return "\(value.type)(\(operand(a)))"
        case .random(let key, let counter, let word):
            return "random\(word)(key: \(operand(key)), counter: \(operand(counter)))"
        case .reduced(let reduction): return "r\(reduction)"
        }
    }

    private func address(_ access: Access) -> String {
        let gathered = access.gathers.map { gather in
            let mark =
                switch gather.otherwise {
                case .report(let check, _): "check \(check)"
                case .ignore: "else nothing"
                }
            return " + \(gather.stride)*{\(text(gather.value)) in 0..<\(gather.extent), \(mark)}"
        }
        return "b\(access.buffer)[\(access.index)\(gathered.joined())]"
    }

    private func text(_ bounds: [Bound]) -> String {
        bounds.map { "0 <= \($0.index) < \($0.extent)" }.joined(separator: " && ")
    }

    private func symbol(_ operation: BinaryOperation) -> String? {
        switch operation {
        case .add: "+"
        case .subtract: "-"
        case .multiply: "*"
        case .divide: "/"
        case .remainder: "%"
        case .and: "&"
        case .or: "|"
        case .xor: "^"
        case .shiftLeft: "<<"
        case .shiftRight: ">>"
        case .power, .atan2, .max, .min: nil
        }
    }

    private func symbol(_ comparison: Comparison) -> String {
        switch comparison {
        case .equal: "=="
        case .notEqual: "!="
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        }
    }
}
