import Testing

@testable import LeibnizCore

@Suite struct `Printing` {
    /// The texts of NumPy 2.4.
    static let texts: [(tensor: Tensor, text: String)] = [
        (
            Tensor([1.0, 2, 3]),
            """
            [1. 2. 3.]
            """
        ),
        (
            Tensor([[1.5, -2], [0.25, 100]]),
            """
            [[  1.5   -2.  ]
             [  0.25 100.  ]]
            """
        ),
        (
            Tensor([1.0 / 3, 2.0 / 3]),
            """
            [0.33333334 0.6666667 ]
            """
        ),
        (
            Tensor([1.0 / 3, 2.0 / 3], .float64),
            """
            [0.33333333 0.66666667]
            """
        ),
        (
            Tensor([0.1, 0.2, 0.3]),
            """
            [0.1 0.2 0.3]
            """
        ),
        (
            Tensor([1e-5, 1.0]),
            """
            [1.e-05 1.e+00]
            """
        ),
        (
            Tensor([1e6, 2e6]),
            """
            [1.e+06 2.e+06]
            """
        ),
        (
            Tensor([123456.78, 1.5]),
            """
            [1.2345678e+05 1.5000000e+00]
            """
        ),
        (
            Tensor([1e7, 2e7], .float64),
            """
            [10000000. 20000000.]
            """
        ),
        (
            Tensor([1e8, 2.5e10], .float64),
            """
            [1.0e+08 2.5e+10]
            """
        ),
        (
            Tensor([1e-300, 1e200], .float64),
            """
            [1.e-300 1.e+200]
            """
        ),
        (
            Tensor([0.0, -0.0, 12.125]),
            """
            [ 0.    -0.    12.125]
            """
        ),
        (
            Tensor([Double.nan, 1, -.infinity, .infinity]),
            """
            [ nan   1. -inf  inf]
            """
        ),
        (
            Tensor([Double.nan, .nan]),
            """
            [nan nan]
            """
        ),
        (
            Tensor([Double.infinity, 1e-9]),
            """
            [   inf 1.e-09]
            """
        ),
        (
            Tensor([1, -20, 300]),
            """
            [  1 -20 300]
            """
        ),
        (
            Tensor([[1], [1000]]),
            """
            [[   1]
             [1000]]
            """
        ),
        (
            Tensor([true, false]),
            """
            [ true false]
            """
        ),
        (
            Tensor([7, 255] as [UInt8]),
            """
            [  7 255]
            """
        ),
        (
            Tensor.zeros([0]),
            """
            []
            """
        ),
        (
            Tensor.zeros([3, 0]),
            """
            []
            """
        ),
        (
            Tensor.full([], 1.5),
            """
            1.5
            """
        ),
        (
            Tensor.full([], 0.1),
            """
            0.1
            """
        ),
        (
            Tensor.full([], 0.1, .float64),
            """
            0.1
            """
        ),
        (
            Tensor.full([], 3),
            """
            3.0
            """
        ),
        (
            Tensor.full([], 1e-5),
            """
            1e-05
            """
        ),
        (
            Tensor.full([], 123456789, .float64),
            """
            123456789.0
            """
        ),
        (
            Tensor.full([], 1.25e17, .float64),
            """
            1.25e+17
            """
        ),
        (
            Tensor.full([], -4, .int32),
            """
            -4
            """
        ),
        (
            Tensor.arange(24).reshaped(to: [2, 3, 4]),
            """
            [[[ 0  1  2  3]
              [ 4  5  6  7]
              [ 8  9 10 11]]

             [[12 13 14 15]
              [16 17 18 19]
              [20 21 22 23]]]
            """
        ),
        (
            Tensor.arange(30),
            """
            [ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
             24 25 26 27 28 29]
            """
        ),
        (
            Tensor.arange(0, 3, step: 0.1),
            """
            [0.  0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.  1.1 1.2 1.3 1.4 1.5 1.6 1.7
             1.8 1.9 2.  2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9]
            """
        ),
        (
            Tensor.arange(1001),
            """
            [   0    1    2 ...  998  999 1000]
            """
        ),
        (
            Tensor.arange(1000).reshaped(to: [2, 500])[0, ..<60],
            """
            [ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
             24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47
             48 49 50 51 52 53 54 55 56 57 58 59]
            """
        ),
        (
            Tensor.arange(2000).reshaped(to: [20, 100]).cast(to: .float32) / 8,
            """
            [[0.00000e+00 1.25000e-01 2.50000e-01 ... 1.21250e+01 1.22500e+01
              1.23750e+01]
             [1.25000e+01 1.26250e+01 1.27500e+01 ... 2.46250e+01 2.47500e+01
              2.48750e+01]
             [2.50000e+01 2.51250e+01 2.52500e+01 ... 3.71250e+01 3.72500e+01
              3.73750e+01]
             ...
             [2.12500e+02 2.12625e+02 2.12750e+02 ... 2.24625e+02 2.24750e+02
              2.24875e+02]
             [2.25000e+02 2.25125e+02 2.25250e+02 ... 2.37125e+02 2.37250e+02
              2.37375e+02]
             [2.37500e+02 2.37625e+02 2.37750e+02 ... 2.49625e+02 2.49750e+02
              2.49875e+02]]
            """
        ),
        (
            Tensor.arange(1800).reshaped(to: [2, 3, 300]),
            """
            [[[   0    1    2 ...  297  298  299]
              [ 300  301  302 ...  597  598  599]
              [ 600  601  602 ...  897  898  899]]

             [[ 900  901  902 ... 1197 1198 1199]
              [1200 1201 1202 ... 1497 1498 1499]
              [1500 1501 1502 ... 1797 1798 1799]]]
            """
        ),
        (
            Tensor.arange(1800).reshaped(to: [300, 3, 2]),
            """
            [[[   0    1]
              [   2    3]
              [   4    5]]

             [[   6    7]
              [   8    9]
              [  10   11]]

             [[  12   13]
              [  14   15]
              [  16   17]]

             ...

             [[1782 1783]
              [1784 1785]
              [1786 1787]]

             [[1788 1789]
              [1790 1791]
              [1792 1793]]

             [[1794 1795]
              [1796 1797]
              [1798 1799]]]
            """
        ),
        (
            Tensor.zeros([1, 1, 1, 2]),
            """
            [[[[0. 0.]]]]
            """
        ),
        (
            Tensor([0.123456789012345, 1], .float64),
            """
            [0.12345679 1.        ]
            """
        ),
        (
            Tensor([1.0000001, 999.9], .float64),
            """
            [  1.0000001 999.9      ]
            """
        ),
        (
            Tensor([0.00012, 0.11]),
            """
            [0.00012 0.11   ]
            """
        ),
        (
            Tensor([33554432.0, 1], .float64),
            """
            [3.3554432e+07 1.0000000e+00]
            """
        ),
        (
            Tensor([999999.9, 1000]),
            """
            [999999.9   1000. ]
            """
        ),
    ]

    @Test(arguments: texts.indices) func `prints what NumPy prints`(number: Int) {
        let (tensor, text) = Self.texts[number]
        #expect("\(tensor)" == text)
    }

    @Test func `an invalid tensor prints its error`() {
        let x = matmul(Tensor.zeros([2, 3]), Tensor.zeros([2, 3]))
        #expect("\(x)".hasPrefix("ShapeError: matmul"))
        #expect(x.debugDescription.hasPrefix("ShapeError: matmul"))
    }

    @Test func `printing leaves errors of other tensors for who asks`() throws {
        _ = matmul(Tensor.zeros([2, 3]), Tensor.zeros([2, 3])).shape
        #expect("\(Tensor([1, 2]) + 1)" == "[2 3]")
        #expect(throws: TensorError.self) { try Tensor([1, 2]).evaluated() }
    }

    @Test func `the debugging text has shape and element type`() {
        #expect(
            Tensor([[1.0, 2], [3, 4]]).debugDescription
                == "Tensor([[1., 2.],\n        [3., 4.]], shape: [2, 2], float32)")
        #expect(Tensor(true).debugDescription == "Tensor(true, shape: [], bool)")
    }
}
