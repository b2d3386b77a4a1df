/**
 * The TensorFlow operations that models may have, in SavedModels and in TensorFlow.js graphs. Any other is refused.
 *
 * The operations of a group compute from tensors in memory, and the group's reason says why that is so of all of them.
 * None opens a file, a socket or another session, prints, hands out memory that was never written, runs code that is
 * not in the graph, or ends the process, whatever its inputs and attributes are. A new operation belongs here only if
 * that holds of it too; whether models have it is another question.
 *
 * Names are those of TensorFlow 2.21, and of TensorFlow.js 4.22 where it has its own.
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/raw_ops
 */

interface OperationGroup {
  readonly reason: string;
  /** The operations' names, separated by blanks. */
  readonly operations: string;
}

const GROUPS: readonly OperationGroup[] = [
  {
    reason: 'arithmetic, element by element',
    operations: `Abs Acos Acosh Add AddN AddV2 AccumulateNV2 Angle ApproximateEqual Asin Asinh Atan Atan2 Atanh
      BesselI0 BesselI0e BesselI1 BesselI1e Betainc Bitcast BitwiseAnd BitwiseOr BitwiseXor Cast Ceil ClipByValue
      Complex ComplexAbs Conj Cos Cosh Digamma Div DivNoNan Elu Equal Erf Erfc Erfinv Exp Expm1 Floor FloorDiv
      FloorMod Greater GreaterEqual Igamma Igammac Imag Inv Invert IsFinite IsInf IsNan LeakyRelu LeftShift Less
      LessEqual Lgamma Log Log1p LogicalAnd LogicalNot LogicalOr Maximum Minimum Mod Mul MulNoNan Ndtri Neg NextAfter
      NotEqual Polygamma PopulationCount Pow Prelu Real RealDiv Reciprocal Relu Relu6 RightShift Rint Round Rsqrt
      Select SelectV2 Selu Sigmoid Sign Sin Sinh Softplus Softsign Spence Sqrt Square SquaredDifference Sub Tan Tanh
      ToBool TruncateDiv TruncateMod Xdivy Xlog1py Xlogy Zeta`,
  },
  {
    reason: 'sums and other reductions, searches in sorted values, orders',
    operations: `All Any ApproxTopK ArgMax ArgMin Bincount Bucketize Cumprod Cumsum CumulativeLogsumexp DenseBincount
      EuclideanNorm HistogramFixedWidth InTopK InTopKV2 IsotonicRegression L2Loss LowerBound Max Mean Min NthElement
      Prod RaggedBincount SegmentMax SegmentMaxV2 SegmentMean SegmentMin SegmentMinV2 SegmentProd SegmentProdV2
      SegmentSum SegmentSumV2 Sum TopK TopKV2 Unique UniqueV2 UniqueWithCounts UniqueWithCountsV2 UnsortedSegmentMax
      UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum UpperBound`,
  },
  {
    reason: 'products and decompositions of matrices, Fourier transforms',
    operations: `BandedTriangularSolve BatchMatMul BatchMatMulV2 BatchMatMulV3 Cholesky Cross Diag DiagPart Eig Einsum
      FFT FFT2D FFT3D IFFT IFFT2D IFFT3D IRFFT IRFFT2D IRFFT3D LogMatrixDeterminant Lu MatMul MatrixBandPart
      MatrixDeterminant MatrixDiag MatrixDiagPart MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3
      MatrixExponential MatrixInverse MatrixLogarithm MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3 MatrixSolve
      MatrixSolveLs MatrixSquareRoot MatrixTriangularSolve Qr RFFT RFFT2D RFFT3D SelfAdjointEig SelfAdjointEigV2
      SparseMatMul Svd TridiagonalMatMul TridiagonalSolve`,
  },
  {
    reason: 'convolutions, pooling, normalisation, softmax, recurrent cells',
    operations: `AvgPool AvgPool3D BatchNormWithGlobalNormalization BiasAdd BiasAddV1 BlockLSTM BlockLSTMV2 Conv Conv1D
      Conv2D Conv2DBackpropInput Conv2DBackpropInputV2 Conv3D Conv3DBackpropInput Conv3DBackpropInputV2
      DataFormatDimMap DataFormatVecPermute DepthwiseConv2d DepthwiseConv2dNative DepthwiseConv2dNativeBackpropInput
      Dilation2D FractionalAvgPool FractionalMaxPool FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3
      FusedDepthwiseConv2dNative FusedPadConv2D FusedResizeAndPadConv2D GRUBlockCell LRN LSTMBlockCell LogSoftmax
      MaxPool MaxPool3D MaxPoolV2 MaxPoolWithArgmax Softmax SoftmaxCrossEntropyWithLogits
      SparseSoftmaxCrossEntropyWithLogits _FusedBatchNormEx _FusedConv2D _FusedDepthwiseConv2dNative _FusedMatMul`,
  },
  {
    reason: 'numbers of few bits, and their imitation in floats',
    operations: `Dequantize FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel
      QuantizeAndDequantize QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4
      QuantizeDownAndShrinkRange QuantizeV2 QuantizedAdd QuantizedAvgPool QuantizedBiasAdd QuantizedConcat
      QuantizedConv2D QuantizedMatMul QuantizedMaxPool QuantizedMul QuantizedRelu QuantizedRelu6 QuantizedReshape
      RequantizationRange Requantize`,
  },
  {
    reason:
      'values of the graph itself: what is fed, constants, what passes on and what only orders',
    operations: `Const ControlTrigger EnsureShape FakeParam GuaranteeConst HostConst Identity IdentityN NoOp Placeholder
      PlaceholderV2 PlaceholderWithDefault PreventGradient Snapshot StopGradient`,
  },
  {
    reason: 'checks: they fail a call, and what they say goes to the caller',
    operations: 'Assert CheckNumerics CheckNumericsV2',
  },
  {
    reason: 'shapes; parts of tensors taken, put together and moved',
    operations: `BatchToSpace BatchToSpaceND BroadcastArgs BroadcastGradientArgs BroadcastTo Concat ConcatOffset ConcatV2
      ConjugateTranspose DepthToSpace DynamicPartition DynamicStitch ExpandDims ExtractImagePatches
      ExtractVolumePatches Fill Gather GatherNd GatherV2 InvertPermutation LinSpace
      ListDiff MirrorPad OneHot Ones OnesLike Pack Pad PadV2 ParallelDynamicStitch Range Rank Reshape
      Reverse ReverseSequence ReverseV2 Roll ScatterNd ScatterNdNonAliasingAdd Shape ShapeN Size Slice SpaceToBatch
      SpaceToBatchND SpaceToDepth Split SplitV Squeeze StridedSlice TensorScatterAdd TensorScatterMax TensorScatterMin
      TensorScatterSub TensorScatterUpdate TensorStridedSliceUpdate Tile Transpose UnravelIndex Unpack Where Zeros
      ZerosLike`,
  },
  {
    reason: 'pictures and sound that are tensors already; what decodes files of them is not here',
    operations: `AdjustContrast AdjustContrastv2 AdjustHue AdjustSaturation AudioSpectrogram CombinedNonMaxSuppression
      CropAndResize ExtractGlimpse ExtractGlimpseV2 HSVToRGB ImageProjectiveTransformV2 ImageProjectiveTransformV3 Mfcc
      NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5
      NonMaxSuppressionWithOverlaps RGBToHSV ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor
      ScaleAndTranslate`,
  },
  {
    reason: 'sparse and ragged tensors in their parts',
    operations: `DenseCountSparseOutput DenseToDenseSetOperation DenseToSparseSetOperation RaggedCountSparseOutput
      RaggedCross RaggedFillEmptyRows RaggedGather RaggedRange RaggedTensorFromVariant RaggedTensorToSparse
      RaggedTensorToTensor RaggedTensorToVariant SetSize SparseAdd SparseBincount SparseConcat SparseCountSparseOutput
      SparseCross SparseCrossHashed SparseCrossV2 SparseDenseCwiseAdd SparseDenseCwiseDiv SparseDenseCwiseMul
      SparseFillEmptyRows SparseReduceMax SparseReduceMaxSparse SparseReduceSum SparseReduceSumSparse SparseReorder
      SparseReshape SparseSegmentMean SparseSegmentMeanWithNumSegments SparseSegmentSqrtN
      SparseSegmentSqrtNWithNumSegments SparseSegmentSum SparseSegmentSumWithNumSegments SparseSlice SparseSoftmax
      SparseSparseMaximum SparseSparseMinimum SparseSplit SparseTensorDenseAdd SparseTensorDenseMatMul SparseToDense
      SparseToSparseSetOperation`,
  },
  {
    reason: 'control flow; the functions that they name are checked as the graph is',
    operations: `Case Enter Exit If LoopCond Merge NextIteration PartitionedCall RefEnter RefExit RefIdentity RefMerge
      RefNextIteration RefSelect RefSwitch StatefulPartitionedCall StatelessCase StatelessIf StatelessWhile Switch While`,
  },
  {
    reason: 'lists of tensors, which live no longer than the session',
    operations: `EmptyTensorList StackCloseV2 StackPopV2 StackPushV2 StackV2 TensorArray TensorArrayClose
      TensorArrayCloseV2 TensorArrayCloseV3 TensorArrayConcat TensorArrayConcatV2 TensorArrayConcatV3 TensorArrayGather
      TensorArrayGatherV2 TensorArrayGatherV3 TensorArrayRead TensorArrayReadV2 TensorArrayReadV3 TensorArrayScatter
      TensorArrayScatterV2 TensorArrayScatterV3 TensorArraySize TensorArraySizeV2 TensorArraySizeV3 TensorArraySplit
      TensorArraySplitV2 TensorArraySplitV3 TensorArrayV2 TensorArrayV3 TensorArrayWrite TensorArrayWriteV2
      TensorArrayWriteV3 TensorListConcat TensorListConcatLists TensorListConcatV2 TensorListElementShape
      TensorListFromTensor TensorListGather TensorListGetItem TensorListLength TensorListPopBack TensorListPushBack
      TensorListPushBackBatch TensorListReserve TensorListResize TensorListScatter TensorListScatterIntoExistingList
      TensorListScatterV2 TensorListSetItem TensorListSplit TensorListStack`,
  },
  {
    reason: "variables, which are the session's own",
    operations: `Assign AssignAdd AssignAddVariableOp AssignSub AssignSubVariableOp AssignVariableOp DestroyResourceOp
      DisableCopyOnRead IsVariableInitialized ReadVariableOp ResourceGather ResourceGatherNd ResourceScatterAdd
      ResourceScatterUpdate ResourceStridedSliceAssign ScatterAdd ScatterNdUpdate ScatterUpdate StridedSliceAssign
      VarHandleOp VarIsInitializedOp Variable VariableShape VariableV2`,
  },
  {
    reason: 'tables that are filled from tensors; what fills one from a file is not here',
    operations: `HashTable HashTableV2 InitializeTable InitializeTableV2 LookupTableFind LookupTableFindV2
      LookupTableImport LookupTableImportV2 LookupTableSize LookupTableSizeV2 MutableDenseHashTableV2
      MutableHashTableOfTensorsV2 MutableHashTableV2`,
  },
  {
    reason: 'texts in memory: made of values, hashed, compared, cut',
    operations: `AsString ReduceJoin RegexFullMatch RegexReplace StaticRegexFullMatch StaticRegexReplace StringFormat
      StringJoin StringLength StringLower StringNGrams StringSplit StringSplitV2 StringStrip StringToHashBucket
      StringToHashBucketFast StringToHashBucketStrong StringToNumber StringUpper Substr UnicodeDecode
      UnicodeDecodeWithOffsets UnicodeEncode UnicodeScript UnicodeTranscode UnsortedSegmentJoin`,
  },
  {
    reason: 'random numbers; a model whose answers change is found otherwise',
    operations: `Multinomial ParameterizedTruncatedNormal RandomGamma RandomPoisson RandomPoissonV2 RandomShuffle
      RandomStandardNormal RandomUniform RandomUniformInt RngReadAndSkip RngSkip StatefulRandomBinomial
      StatefulStandardNormal StatefulStandardNormalV2 StatefulTruncatedNormal StatefulUniform StatefulUniformFullInt
      StatefulUniformInt StatelessMultinomial StatelessRandomBinomial StatelessRandomGammaV2 StatelessRandomGammaV3
      StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg StatelessRandomNormal
      StatelessRandomNormalV2 StatelessRandomPoisson StatelessRandomUniform StatelessRandomUniformFullInt
      StatelessRandomUniformFullIntV2 StatelessRandomUniformInt StatelessRandomUniformIntV2 StatelessRandomUniformV2
      StatelessShuffle StatelessTruncatedNormal StatelessTruncatedNormalV2 TruncatedNormal`,
  },
];

export const ALLOWED_OPERATIONS: ReadonlySet<string> = new Set(
  GROUPS.flatMap(({ operations }) => operations.split(/\s+/)),
);

/**
 * Reads the file that its input names. So it is allowed only where that file is the SavedModel's own variables, and
 * where no answer depends on it (`formats/saved-model/needed-graph.ts`).
 */
export const RESTORING_OPERATION = 'RestoreV2';
