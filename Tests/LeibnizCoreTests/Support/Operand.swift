@testable import LeibnizCore

/// How an operand lies in memory before the operation sees it.
enum Presentation: Sendable {
    case plain
    /// Stored with all axes in the opposite order.
    case transposed
    /// Stored backwards along every axis.
    case flipped
    /// Every second element of a longer last axis; what lies between is poison.
    case strided
}

/// One operand of a case: its shape, its numbers, its place in memory.
struct Operand: Sendable {
    var extents: [Int]
    var domain: Domain
    var presentation: Presentation
    /// The element type, where it is not that of the case.
    var type: ElementType?
    /// Whether derivatives are taken with respect to it.
    var isDifferentiable: Bool { type == nil }

    init(
        _ extents: [Int], _ domain: Domain = .reals(-2...2), _ presentation: Presentation = .plain,
        _ type: ElementType? = nil
    ) {
        (self.extents, self.domain, self.type) = (extents, domain, type)
        self.presentation = extents.isEmpty ? .plain : presentation
    }
}

extension Block {
    /// The block in memory of an element type, then seen through views that undo how it lies there.
    func tensor(_ type: ElementType, _ presentation: Presentation = .plain) -> Tensor {
        let axes = Array(extents.indices)
        switch presentation {
        case .plain: return stored(type)
        case .transposed:
            let turned = Block(extents.reversed()) { self[$0.reversed()] }
            return turned.stored(type).transposed(axes.reversed())
        case .flipped:
            let mirrored = Block(extents) { index in self[zip(index, extents).map { $1 - 1 - $0 }] }
            return mirrored.stored(type).flipped(axes)
        case .strided:
            let last = extents.count - 1
            var wider = extents
            wider[last] = 2 * extents[last] + 1
            let poison = type.isFloatingPoint ? Double.nan : 77
            let spread = Block(wider) { index in
                guard index[last] % 2 == 1 else { return poison }
                return self[index.dropLast() + [index[last] / 2]]
            }
            return spread.stored(type).sliced(axis: last, start: 1, count: extents[last], stride: 2)
        }
    }

    private func stored(_ type: ElementType) -> Tensor {
        let shape = Shape(extents)
        return switch type {
        case .float64: Tensor(copying: numbers, shape)
        case .float32: Tensor(copying: numbers.map(Float.init), shape)
        case .int32: Tensor(copying: numbers.map { Int32($0) }, shape)
        case .int64: Tensor(copying: numbers.map { Int64($0) }, shape)
        case .uint8: Tensor(copying: numbers.map { UInt8($0) }, shape)
        case .bool: Tensor(copying: numbers.map { $0 != 0 }, shape)
        }
    }
}
