import Testing

@testable import LeibnizCore

@Suite struct `Creation and rearrangement` {
    @Test func `ranges have their numbers`() throws {
        #expect(try Tensor.arange(5).doubles() == [0, 1, 2, 3, 4])
        #expect(Tensor.arange(5).elementType == .int64)
        for (start, end, step) in [(0, 10, 3), (10, 0, -3), (5, 5, 1), (5, 4, 1), (4, 5, -1), (-7, 8, 5), (0, -1, -1)] {
            let expected = Array(stride(from: start, to: end, by: step))
            #expect(
                try Tensor.arange(start, end, step: step).array(of: Int.self) == expected, "\(start) \(end) \(step)")
        }
        #expect(try Tensor.arange(.max - 2, .max).array(of: Int.self) == [.max - 2, .max - 1])
        #expect(try Tensor.arange(0, 1, step: 0.25).doubles() == [0, 0.25, 0.5, 0.75])
        #expect(try Tensor.arange(1, 0, step: -0.5).doubles() == [1, 0.5])
        for wrong in [
            Tensor.arange(0, 5, step: 0), .arange(0, 1, step: 0.0), .arange(.min, .max), .arange(0, .nan, step: 1),
        ] {
            #expect(throws: TensorError.self) { try wrong.evaluated() }
        }
    }

    @Test func `linspace meets both ends exactly`() throws {
        for count in [1, 2, 3, 7, 100] {
            let x = try Tensor.linspace(-0.1, 0.7, count: count, .float64).doubles()
            #expect(x.first == -0.1 && (count == 1 || x.last == 0.7) && x.count == count)
            for (a, b) in zip(x, x.dropFirst()) { #expect(abs(b - a - 0.8 / Double(count - 1)) < 1e-15) }
        }
        #expect(Tensor.linspace(0, 1, count: 0).count == 0)
        #expect(Tensor.linspace(0, 1, count: -1).isInvalid)
    }

    @Test func `eye and the triangles`() throws {
        #expect(try Tensor.eye(2, 3).doubles() == [1, 0, 0, 0, 1, 0])
        let x = Tensor.arange(1, 7).reshaped(to: [2, 3])
        #expect(try tril(x).doubles() == [1, 0, 0, 4, 5, 0])
        #expect(try tril(x, diagonal: 1).doubles() == [1, 2, 0, 4, 5, 6])
        #expect(try triu(x).doubles() == [1, 2, 3, 0, 5, 6])
        #expect(try triu(x, diagonal: -1).doubles() == [1, 2, 3, 4, 5, 6])
        #expect(try triu(stack([x, x]), diagonal: 1).doubles() == [0, 2, 3, 0, 0, 6, 0, 2, 3, 0, 0, 6])
        #expect(tril(x[0]).error?.kind == .shape)
    }

    @Test func `a grid has the coordinates of its points`() throws {
        let (a, b) = (Tensor([1, 2, 3]), Tensor([7, 8]))
        let grid = meshgrid([a, b])
        #expect(try grid.map { try $0.doubles() } == [[1, 1, 2, 2, 3, 3], [7, 8, 7, 8, 7, 8]])
        #expect(grid.allSatisfy { $0.shape == [3, 2] })
        #expect(meshgrid([a, Tensor.zeros([2, 2])])[1].isInvalid)
    }

    @Test func `stack adds an axis, split takes it apart`() throws {
        let (a, b) = (Tensor([1, 2, 3]), Tensor([4, 5, 6]))
        #expect(try stack([a, b]).doubles() == [1, 2, 3, 4, 5, 6])
        #expect(try stack([a, b], axis: -1).doubles() == [1, 4, 2, 5, 3, 6])
        #expect(stack([a, b], axis: 1).shape == [3, 2])
        #expect(stack([a, b[..<2]]).error?.shapes == [[3], [2]])
        #expect(stack([]).isInvalid)
        let x = Tensor.arange(12).reshaped(to: [3, 4])
        #expect(
            try x.split([1, 0, 3], axis: -1).map { try $0.doubles() } == [
                [0, 4, 8], [], [1, 2, 3, 5, 6, 7, 9, 10, 11],
            ])
        #expect(try concatenate(x.split(into: 3)).doubles() == x.doubles())
        for pieces in [x.split(into: 2), x.split([1, 1], axis: 1), x.split(into: 2, axis: 5), x.split([-1, 4])] {
            #expect(pieces.count == 2 && pieces.allSatisfy(\.isInvalid))
        }
    }

    @Test func `tile and roll`() throws {
        let x = Tensor([[1, 2], [3, 4]])
        #expect(try x.tiled([2]).doubles() == [1, 2, 1, 2, 3, 4, 3, 4])
        #expect(try x.tiled([2, 1]).doubles() == [1, 2, 3, 4, 1, 2, 3, 4])
        #expect(x.tiled([2, 1, 3]).shape == [2, 2, 6])
        #expect(x.tiled([0]).shape == [2, 0])
        #expect(x.tiled([-1]).isInvalid && x.tiled([.max, .max]).isInvalid)
        #expect(try x.rolled(1).doubles() == [2, 1, 4, 3])
        #expect(try x.rolled(-3, axis: 0).doubles() == [3, 4, 1, 2])
        #expect(x.rolled(1, axis: 2).isInvalid)
        #expect(Tensor.zeros([0]).rolled(4).count == 0)
    }
}
