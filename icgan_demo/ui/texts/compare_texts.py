"""Texts of the Compare page."""

ENGLISH = {
    "tab_compare": "Compare",
    "compare_note": "Why condition on instances? The same network learned from the same photos, told more or less of "
    "each: nothing, a class, a cluster, the photo itself. Each row starts from the same random numbers.",
    "compare_instance": "The instance",
    "compare_image": "{name}, image {number}",
    "compare_member": "A stored instance of the cluster",
    "compare_name_none": "Nothing",
    "compare_name_class": "Class",
    "compare_name_partition": "Cluster",
    "compare_name_instance": "Instance",
    "compare_name_instance_and_class": "Instance and class",
    "compare_told_none": "The model is told nothing, so these images are the same for every photo: it has to cover "
    "all photos at once.",
    "compare_told_class": "The model is told “{label}”, the class of the stored instances near the photo. It cannot "
    "know how the photo looks.",
    "compare_told_class_none": "The model is told “no label”, since no stored instance near the photo has a class.",
    "compare_told_partition": "The model is told that the photo lies in cluster {cluster}, which nobody had to name. "
    "Every photo of the cluster gets these images.",
    "compare_members": "Some stored instances of the cluster, the nearest to the photo first:",
    "compare_told_instance": "The model is told the photo's feature. It learned from the photo's neighbours, so "
    "every photo has its own images, and no label is needed.",
    "compare_told_instance_and_class": "The model is told the photo's feature and “{label}”.",
    "compare_told_instance_and_class_none": "The model is told the photo's feature and “no label”.",
    "compare_figures": "What was measured",
    "compare_unmeasured": "Nothing was measured yet.",
    "compare_table": "Figures are means over {count} runs of each model that differ in their random numbers alone; "
    "behind ± stands half the distance between the extremes.",
    "compare_photos": "Photos",
    "compare_maps": "Where the photos lie, and where the images of each model fall, in the plane in which the photos "
    "vary most. An empty place beside dark photos is a kind that the model leaves out; a few dark cells are one "
    "image again and again. A plane shows little of what the encoder sees: near in it is not always alike.",
    "compare_column_second_kd": "Kernel distance ↓",
    "compare_column_fd": "Fréchet distance ↓",
    "compare_column_precision": "Precision ↑",
    "compare_column_recall": "Recall ↑",
    "compare_column_density": "Density ↑",
    "compare_column_coverage": "Coverage ↑",
    "compare_column_similarity": "Cosine to the instance ↑",
    "compare_column_agreement": "Class agreement ↑",
    "compare_column_classes_covered": "Classes covered ↑",
    "compare_column_spread": "Spread ↑",
    "compare_plot_second_kd": "How far the images as a whole are from photos, seen by an encoder that had no part in "
    "the training. It does not say whether images look like their instance.",
    "compare_plot_coverage": "The share of photos that have a generated image near. It falls where kinds of photos "
    "are left out; it does not say how good an image is.",
    "compare_plot_spread": "How much the images of one instance differ. High is good only beside good images: noise "
    "differs most.",
    "compare_plot_agreement": "How often the photo nearest to an image has the class of the instance. It does not "
    "see whether the image is a good one of its class.",
    "compare_across_curves": "From left to right: photos learned from.",
    "compare_across_neighbours": "From left to right: neighbours of an instance in training.",
    "compare_across_stored": "From left to right: instances that the model may be drawn with.",
    "compare_digits": "The first conditional GAN (Mirza and Osindero 2014) is also told a class: see Digits.",
    "compare_paper": "The argument in full: sections 1 and 3 of “Instance-Conditioned GAN” (Casanova et al. 2021)",
    "compare_drawing": "Generating {number} of {count}: {name}",
    "compare_table_once": "One run of each model: differences as small as those between two runs say nothing.",
    "compare_column_images": "Photos learned from",
    "compare_try": "Try it: two learn side by side",
    "compare_try_note": "Choose what each of two small networks is told. Both learn at the same time from the same "
    "images, at 32 px; watch which gets further. The two of before are "
    "deleted when others are started.",
    "compare_try_first": "One is told",
    "compare_try_second": "The other is told",
    "compare_try_minutes": "Minutes",
    "compare_try_zip": "Choose a ZIP",
    "compare_try_built_in": "Use drawn images",
    "compare_try_images": "Images: {count} that this project draws itself, of {classes} kinds of objects.",
    "compare_try_start": "Train both",
    "compare_try_title": "Side by side: {name}",
    "compare_try_sheet": "{name}: each row belongs to one instance, each column to one seed",
    "compare_try_gone": "This run was deleted.",
}

KOREAN = {
    "tab_compare": "비교",
    "compare_note": "왜 인스턴스를 조건으로 쓸까요? 같은 네트워크가 같은 사진을 학습하되, 사진에 대해 전달받는 "
    "정보만 다릅니다. 아무것도 없거나, 클래스, 클러스터, 또는 사진 자체입니다. 모든 줄은 같은 난수에서 시작합니다.",
    "compare_instance": "인스턴스",
    "compare_image": "{name}, 이미지 {number}",
    "compare_member": "클러스터에 속한 저장된 인스턴스",
    "compare_name_none": "없음",
    "compare_name_class": "클래스",
    "compare_name_partition": "클러스터",
    "compare_name_instance": "인스턴스",
    "compare_name_instance_and_class": "인스턴스와 클래스",
    "compare_told_none": "모델은 아무 정보도 받지 않으므로 어떤 사진이든 같은 이미지가 나옵니다. 모든 사진을 "
    "한꺼번에 표현해야 합니다.",
    "compare_told_class": "모델은 사진과 가까운 저장된 인스턴스의 클래스인 “{label}”만 전달받습니다. 사진이 어떻게 "
    "생겼는지는 알 수 없습니다.",
    "compare_told_class_none": "사진과 가까운 저장된 인스턴스에 클래스가 없어 모델은 “라벨 없음”을 전달받습니다.",
    "compare_told_partition": "모델은 사진이 클러스터 {cluster}에 속한다는 것만 전달받습니다. 이름을 붙일 필요가 "
    "없는 클래스인 셈이며, 같은 클러스터의 사진은 모두 같은 이미지를 얻습니다.",
    "compare_members": "이 클러스터에 저장된 인스턴스 일부(사진과 가까운 순서):",
    "compare_told_instance": "모델은 사진의 특징을 전달받습니다. 사진의 이웃을 학습했으므로 사진마다 고유한 이미지가 "
    "나오고 라벨이 필요 없습니다.",
    "compare_told_instance_and_class": "모델은 사진의 특징과 “{label}” 클래스를 전달받습니다.",
    "compare_told_instance_and_class_none": "모델은 사진의 특징과 “라벨 없음”을 전달받습니다.",
    "compare_figures": "측정 결과",
    "compare_unmeasured": "아직 측정한 것이 없습니다.",
    "compare_table": "수치는 난수만 다른 학습 {count}번의 평균이며, ± 뒤의 값은 최댓값과 최솟값 차이의 절반입니다.",
    "compare_photos": "사진",
    "compare_maps": "사진이 가장 크게 달라지는 평면에서 사진과 각 모델의 이미지가 놓이는 곳입니다. 사진은 많은데 "
    "이미지가 없는 곳은 모델이 빠뜨린 종류이고, 몇 칸만 진하면 같은 이미지를 되풀이하는 것입니다. 평면은 인코더가 "
    "보는 것의 일부만 보여 주므로, 가깝다고 늘 닮은 것은 아닙니다.",
    "compare_column_second_kd": "커널 거리 ↓",
    "compare_column_fd": "프레셰 거리 ↓",
    "compare_column_precision": "정밀도 ↑",
    "compare_column_recall": "재현율 ↑",
    "compare_column_density": "밀도 ↑",
    "compare_column_coverage": "커버리지 ↑",
    "compare_column_similarity": "인스턴스와의 코사인 ↑",
    "compare_column_agreement": "클래스 일치 ↑",
    "compare_column_classes_covered": "나타난 클래스 ↑",
    "compare_column_spread": "다양성 ↑",
    "compare_plot_second_kd": "학습에 쓰이지 않은 인코더로 본, 이미지 전체와 사진 사이의 거리입니다. 이미지가 "
    "인스턴스를 닮았는지는 알려 주지 않습니다.",
    "compare_plot_coverage": "가까이에 생성 이미지가 있는 사진의 비율입니다. 어떤 종류의 사진이 빠지면 낮아지며, "
    "이미지의 품질은 알려 주지 않습니다.",
    "compare_plot_spread": "한 인스턴스의 이미지들이 서로 얼마나 다른지입니다. 이미지가 좋을 때만 높은 값이 "
    "좋습니다. 잡음이 가장 다양하기 때문입니다.",
    "compare_plot_agreement": "이미지와 가장 가까운 사진이 인스턴스와 같은 클래스인 비율입니다. 그 클래스의 좋은 "
    "이미지인지는 알려 주지 않습니다.",
    "compare_across_curves": "왼쪽에서 오른쪽으로: 학습한 사진 수.",
    "compare_across_neighbours": "왼쪽에서 오른쪽으로: 학습할 때의 이웃 수.",
    "compare_across_stored": "왼쪽에서 오른쪽으로: 사용할 수 있는 저장된 인스턴스 수.",
    "compare_digits": "최초의 조건부 GAN(Mirza와 Osindero, 2014)도 클래스를 전달받습니다. 숫자 페이지에서 볼 수 "
    "있습니다.",
    "compare_paper": "논증 전체: “Instance-Conditioned GAN”(Casanova 외, 2021) 1절과 3절",
    "compare_drawing": "{count}개 중 {number}번째 생성 중: {name}",
    "compare_table_once": "모델마다 한 번만 학습했습니다. 두 학습 사이에도 생길 만한 작은 차이는 의미가 없습니다.",
    "compare_column_images": "학습한 사진 수",
    "compare_try": "직접 해 보기: 두 네트워크를 나란히 학습",
    "compare_try_note": "작은 네트워크 두 개가 각각 전달받을 정보를 고르세요. 둘은 같은 이미지를 32px로 동시에 "
    "학습합니다. 어느 쪽이 더 나아지는지 지켜보세요. 새로 시작하면 이전 학습 두 개는 "
    "삭제됩니다.",
    "compare_try_first": "한쪽이 전달받는 정보",
    "compare_try_second": "다른 쪽이 전달받는 정보",
    "compare_try_minutes": "시간(분)",
    "compare_try_zip": "ZIP 선택",
    "compare_try_built_in": "내장 그림 사용",
    "compare_try_images": "이미지: 이 프로젝트가 직접 그리는 {classes}종류의 물체 {count}장.",
    "compare_try_start": "둘 다 학습",
    "compare_try_title": "나란히 학습: {name}",
    "compare_try_sheet": "{name}: 한 행은 한 인스턴스, 한 열은 한 시드",
    "compare_try_gone": "이 학습은 삭제되었습니다.",
}
