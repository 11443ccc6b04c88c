import LeibnizKernels

/// The loops of a kernel under construction, and the arithmetic of indices over them.
///
/// A reshape that merges axes needs quotient and remainder of an index. Both are affine if the loop is split there, so
/// `divide` may throw a request to split one; the lowering then starts again with the finer loops.
struct LoopSpace {
    /// The wish that a loop be split into (extent / factor, factor), where it first begins `shift` steps earlier and ends where a
    /// whole number of factors does.
    struct SplitRequest: Error, Hashable {
        /// The loop's number.
        let axis: Int
        /// The extent of the inner part; 0 where no split would help.
        let factor: Int
        /// How many steps before its first one the loop has to begin, so that pieces begin where they should.
        var shift = 0

        static let impossible = SplitRequest(axis: -1, factor: 0)
    }

    /// The extent of every loop.
    var extents: [Int]

    /// Quotient and remainder of an index by `divisor`, for indices that stay within their axis.
    func divide(_ index: Affine, by divisor: Int) throws(SplitRequest) -> (quotient: Affine, remainder: Affine) {
        if divisor == 1 { return (index, Affine(0)) }
        // An axis without elements has no indices.
        if divisor == 0 { throw .impossible }
        let quotientOffset = floorDivide(index.offset, divisor)
        var quotient = Affine(quotientOffset)
        var remainder = Affine(index.offset - quotientOffset * divisor)
        for term in index.terms {
            if term.stride % divisor == 0 {
                quotient.add(term.stride / divisor, axis: term.axis)
            } else {
                remainder.add(term.stride, axis: term.axis)
            }
        }
        if extents.contains(0) { return (quotient, remainder) }
        let range = remainder.range(extents: extents)
        if range.lowerBound >= 0 && range.upperBound < divisor { return (quotient, remainder) }
        // A loop that runs past the divisor in steps that divide it can be split where it crosses.
        for term in remainder.terms where term.stride > 0 && divisor % term.stride == 0 {
            let factor = divisor / term.stride
            guard extents[term.axis] > factor else { continue }
            let isAlone = remainder.terms.count == 1 && remainder.offset % term.stride == 0
            let shift = isAlone ? remainder.offset / term.stride : 0
            if shift > 0 || extents[term.axis] % factor == 0 || isAlone {
                throw SplitRequest(axis: term.axis, factor: factor, shift: shift)
            }
        }
        throw .impossible
    }

    /// The index along axes of `extents` (outermost first) of an element that is number `index` among them.
    func unravel(_ index: Affine, _ extents: [Int]) throws(SplitRequest) -> [Affine] {
        var (rest, result) = (index, [Affine]())
        for extent in extents.dropFirst().reversed() {
            let (quotient, remainder) = try divide(rest, by: extent)
            result.append(remainder)
            rest = quotient
        }
        if !extents.isEmpty { result.append(rest) }
        return result.reversed()
    }

    /// Whether an index takes every value in `shape`, each once for each value of the loops that it uses.
    func covers(_ shape: Shape, _ index: [Affine]) -> Bool {
        var used: Set<Int> = []
        for (extent, affine) in zip(shape.extents, index) {
            var reach = 1
            for term in affine.terms.sorted(by: { $0.stride < $1.stride }) where extents[term.axis] != 1 {
                guard term.stride == reach, used.insert(term.axis).inserted else { return false }
                reach *= extents[term.axis]
            }
            if affine.offset != 0 || reach != extent { return false }
        }
        return true
    }

    private func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((-a + b - 1) / b) }
}

extension Affine {
    static func + (a: Affine, b: Affine) -> Affine {
        Affine(a.offset + b.offset, (a.terms + b.terms).map { ($0.axis, $0.stride) })
    }

    static func * (a: Affine, factor: Int) -> Affine {
        Affine(a.offset * factor, a.terms.map { ($0.axis, $0.stride * factor) })
    }

    static func + (a: Affine, constant: Int) -> Affine {
        var sum = a
        sum.add(constant)
        return sum
    }

    /// The function in which index number i is replaced by `indices[i]`.
    func substituting(_ indices: [Affine]) -> Affine {
        terms.reduce(Affine(offset)) { $0 + indices[$1.axis] * $1.stride }
    }
}
