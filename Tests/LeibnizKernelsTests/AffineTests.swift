import LeibnizKernels
import Testing

@Suite struct AffineTests {
    @Test func `terms of one axis add up and cancel`() {
        #expect(Affine(3, [(1, 2), (0, 5), (1, -2)]) == Affine(3, [(0, 5)]))
        #expect(Affine(0, [(2, 4), (2, 1)]).stride(of: 2) == 5)
    }

    @Test func `the range covers every point`() {
        let f = Affine(1, [(0, -2), (1, 3)])
        let values = (0..<4).flatMap { i in (0..<5).map { j in f.value(at: [i, j]) } }
        let range = f.range(extents: [4, 5])
        #expect(range.lowerBound == values.min())
        #expect(range.upperBound == values.max())
    }
}
