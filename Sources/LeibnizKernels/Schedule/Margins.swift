extension LoopNest {
    /// Leaves out the first and last rows of points that no store keeps, where two axes walk what is stored as one.
    ///
    /// The derivative of a window of stride r computes position r·i + k of an image with its padding, which is then cut off: a test of
    /// each store, 0 ≤ r·i + k − c < n. What is left begins in the middle of a round of k. Counted from there, position r·j + s, all of
    /// it is stored, in whole vectors. i and k must stay affine: i = j + c/r and k = s where r divides c, and for r = 2 and odd c
    /// i = j + s + (c − 1)/2 and k = 1 − s.
    mutating func dropMargins() {
        guard sequential.isEmpty else { return }
        for bound in stages.flatMap(\.stores).first?.access.bounds ?? [] { dropMargin(outside: bound) }
    }

    private mutating func dropMargin(outside bound: Bound) {
        // What fails would be reported from points that are not stored, too.
        guard let (rounds, step) = margin(of: bound), !hasReports else { return }
        let (length, cut) = (axes[step].extent, -bound.index.offset)
        let isReflected = cut % length != 0
        let (count, shift) = (bound.extent / length, cut / length)
        guard !isReflected || length == 2, count + shift + (isReflected ? 1 : 0) <= axes[rounds].extent else { return }
        axes[rounds].extent = count
        mapAffines { affine in
            let (each, once) = (affine.stride(of: rounds), affine.stride(of: step))
            var result = affine
            result.add(each * shift)
            if isReflected {
                result.add(once)
                result.add(each - 2 * once, axis: step)
            }
            return result
        }
        let extents = axes.map(\.extent)
        for stage in stages.indices {
            for store in stages[stage].stores.indices {
                stages[stage].stores[store].access.bounds.removeAll { $0.isKept(extents) }
            }
        }
    }

    /// The axes of i and k where all that is stored passes a test of r·i + k − c, and some does not.
    private func margin(of bound: Bound) -> (rounds: Int, step: Int)? {
        let terms = bound.index.terms
        guard terms.count == 2, let one = terms.firstIndex(where: { $0.stride == 1 }) else { return nil }
        let (step, rounds) = (terms[one].axis, terms[1 - one].axis)
        let isOuter = [step, rounds].allSatisfy { outer.contains($0) && bands?.cuts($0) != true }
        guard isOuter, terms[1 - one].stride == axes[step].extent, axes[step].extent > 1, bound.index.offset < 0,
            bound.extent > 0, bound.extent % axes[step].extent == 0,
            stages.allSatisfy({ stage in stage.stores.allSatisfy { $0.access.bounds.contains(bound) } }),
            stages.contains(where: { !$0.stores.isEmpty })
        else { return nil }
        return (rounds, step)
    }

    private var hasReports: Bool {
        accesses.contains { access in
            access.gathers.contains { if case .report = $0.otherwise { true } else { false } }
        }
    }
}

extension Bound {
    /// Whether the test holds for all indices.
    fileprivate func isKept(_ extents: [Int]) -> Bool {
        let range = index.range(extents: extents)
        return range.lowerBound >= 0 && range.upperBound < extent
    }
}
