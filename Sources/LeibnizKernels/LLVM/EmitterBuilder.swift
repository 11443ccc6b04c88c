/// Writes one function of LLVM IR as text: a stack of scopes (the function's entry, then open loops and conditionals).
///
/// An instruction is written into the innermost scope that one of its operands belongs to, and the same text is written
/// only once per scope. So invariant code moves out of loops and common subexpressions meet while the code is written.
final class FunctionBuilder {
    /// An open stretch of code.
    private struct Scope {
        var text = ""
        var known: [String: Operand] = [:]
        /// The basic block that `text` ends in.
        var block: String
    }

    /// The machine that the code is for.
    let target: TargetDescription
    private var scopes: [Scope] = [Scope(block: "entry")]
    private var counter = 0
    /// The declarations and constants that the module must have for this code.
    private(set) var declarations: Set<String> = []
    /// Whether something was written past the caches.
    var isStreaming = false
    /// The level that loads are not moved above: what is hoisted too far only fills registers.
    var loadFloor = 0

    /// A function without code.
    init(target: TargetDescription) { self.target = target }

    /// Whether the machine multiplies and adds with one rounding; else `fma` would be a slow library call.
    var hasFMA: Bool { target.hasFMA }

    /// Whether vectors can be stored in part without a loss of time, as AVX-512 does.
    var hasMaskedStores: Bool { target.vectorBytes >= 64 }

    /// The number of the innermost open scope.
    var level: Int { scopes.count - 1 }

    /// The function's body, once all scopes are closed.
    var body: String { scopes[0].text }

    /// A name that nothing else has.
    func fresh(_ prefix: String) -> String {
        counter += 1
        return "\(prefix)\(counter)"
    }

    /// Asks for a line at the module's level, such as a declaration; once is enough.
    func declare(_ line: String) { declarations.insert(line) }

    /// An instruction without effects: written at the level of its operands, or found there.
    func pure(_ right: String, _ type: IRType, _ operands: [Operand], floor: Int = 0) -> Operand {
        let place = operands.reduce(floor) { max($0, $1.level) }
        if let known = scopes[place].known[right] { return known }
        let result = Operand(fresh("%v"), type, level: place)
        scopes[place].text += "  \(result.text) = \(right)\n"
        scopes[place].known[right] = result
        return result
    }

    /// An instruction whose result may differ each time: written here and now.
    func instruction(_ right: String, _ type: IRType) -> Operand {
        let result = Operand(fresh("%v"), type, level: level)
        scopes[level].text += "  \(result.text) = \(right)\n"
        return result
    }

    /// An instruction without a result: written here and now.
    func effect(_ text: String) { scopes[level].text += "  \(text)\n" }

    /// Runs `part` for each of some numbers; what it wrote here then takes turns, an instruction of each.
    ///
    /// For parts whose instructions wait for each other in long chains: a processor looks only so far ahead.
    func interleaved(_ numbers: Range<Int>, _ part: (Int) -> Void) {
        let block = scopes[level].block
        var text = ""
        swap(&text, &scopes[level].text)
        var parts: [String] = []
        for number in numbers {
            part(number)
            parts.append(scopes[level].text)
            scopes[level].text = ""
        }
        let isStraight = scopes[level].block == block
        text += isStraight ? Interleaving(parts).text : parts.joined()
        swap(&text, &scopes[level].text)
    }

    /// Runs `body` only where `condition` holds, at the level of `level`; it may only have effects.
    /// `body` gives text with the final branch left out.
    func rarely(if condition: Operand, level place: Int, _ text: String) {
        let rest = fresh("rest")
        let cold = "cold" + rest.dropFirst("rest".count)
        scopes[place].text +=
            "  br i1 \(condition.text), label %\(cold), label %\(rest)\n\(cold):\n\(text)  br label %\(rest)\n\(rest):\n"
        scopes[place].block = rest
    }

    /// `usual`, or where `condition` holds `other`, which the instructions of `text` compute there alone.
    func alternative(if condition: Operand, _ usual: Operand, _ other: String, level place: Int, _ text: String)
        -> Operand
    {
        let before = scopes[place].block
        let result = Operand(fresh("%v"), usual.type, level: place)
        rarely(if: condition, level: place, text)
        let cold = "cold" + scopes[place].block.dropFirst("rest".count)
        scopes[place].text +=
            "  \(result.text) = phi \(usual.type.text) [ \(usual.text), %\(before) ], [ \(other), %\(cold) ]\n"
        return result
    }

    /// A loop from `start` by `step` while less than `end`, with values that each iteration hands to the next.
    ///
    /// - Parameter runs: whether it is known to run at least once; else a test comes first.
    /// - Returns: the carried values after the last iteration.
    func loop(
        from start: Operand, to end: Operand, step: Int, carrying initial: [Operand] = [], runs: Bool,
        _ body: (_ index: Operand, _ carried: [Operand]) throws -> [Operand]
    ) rethrows -> [Operand] {
        let header = fresh("loop")
        scopes.append(Scope(block: header))
        let inside = level
        let index = Operand(fresh("%i"), IRType(.i64), level: inside)
        let carried = initial.map { Operand(fresh("%c"), $0.type, level: inside) }
        let next = try body(index, carried)
        let scope = scopes.removeLast()
        let exit = fresh("exit")
        let before = scopes[level].block
        let (following, test) = (fresh("%n"), fresh("%t"))
        var text = ""
        if runs {
            text += "  br label %\(header)\n"
        } else {
            let guardTest = fresh("%g")
            text += "  \(guardTest) = icmp slt i64 \(start.text), \(end.text)\n"
            text += "  br i1 \(guardTest), label %\(header), label %\(exit)\n"
        }
        text +=
            "\(header):\n  \(index.text) = phi i64 [ \(start.text), %\(before) ], [ \(following), %\(scope.block) ]\n"
        for (phi, (first, later)) in zip(carried, zip(initial, next)) {
            text +=
                "  \(phi.text) = phi \(phi.type.text) [ \(first.text), %\(before) ], [ \(later.text), %\(scope.block) ]\n"
        }
        text += scope.text
        text += "  \(following) = add nsw i64 \(index.text), \(step)\n"
        text += "  \(test) = icmp slt i64 \(following), \(end.text)\n"
        text += "  br i1 \(test), label %\(header), label %\(exit)\n\(exit):\n"
        var results: [Operand] = []
        for (first, later) in zip(initial, next) {
            if runs {
                results.append(Operand(later.text, later.type, level: level, isConstant: later.isConstant))
            } else {
                let phi = Operand(fresh("%p"), first.type, level: level)
                text +=
                    "  \(phi.text) = phi \(phi.type.text) [ \(first.text), %\(before) ], [ \(later.text), %\(scope.block) ]\n"
                results.append(phi)
            }
        }
        scopes[level].text += text
        scopes[level].block = exit
        return results
    }

    /// Runs `body` where `condition` holds; elsewhere the carried values stay as they are.
    func conditional(
        _ condition: Operand, carrying initial: [Operand] = [], _ body: (_ carried: [Operand]) throws -> [Operand]
    ) rethrows -> [Operand] {
        let (inside, exit) = (fresh("then"), fresh("exit"))
        scopes.append(Scope(block: inside))
        let next = try body(initial)
        let scope = scopes.removeLast()
        let before = scopes[level].block
        var text = "  br i1 \(condition.text), label %\(inside), label %\(exit)\n\(inside):\n\(scope.text)"
        text += "  br label %\(exit)\n\(exit):\n"
        var results: [Operand] = []
        for (first, later) in zip(initial, next) {
            let phi = Operand(fresh("%p"), first.type, level: level)
            text +=
                "  \(phi.text) = phi \(phi.type.text) [ \(first.text), %\(before) ], [ \(later.text), %\(scope.block) ]\n"
            results.append(phi)
        }
        scopes[level].text += text
        scopes[level].block = exit
        return results
    }
}
